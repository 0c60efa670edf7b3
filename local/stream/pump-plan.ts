/** Records of the log that have to be delivered, or given up, together. */
export type Assignment = {
  /** Place of the first. */
  readonly from: number
  /** How many there are, at most. */
  readonly records: number
  /** How often they were delivered again, bisecting not counted. */
  readonly retries: number
  /** How often they were delivered. */
  readonly deliveries: number
  /** The last error, once their retries are used up. */
  readonly givenUp: string | undefined
}

export type RetryRule = { readonly maxRetries: number; readonly bisectOnError: boolean }

/**
 * What Lambda's event source mapping does after a failure at record `index` of a delivery, in order; what
 * lies before is done. With bisecting, the batch is split at the failed record, or in half when that is the
 * first, which uses up no retry; a single record, or any batch without bisecting, is delivered again until
 * its retries are used up. `sequences` are the places of the delivered records in the log.
 */
export function planAfterFailure(
  delivered: Assignment,
  sequences: readonly number[],
  index: number,
  error: string,
  rule: RetryRule,
): readonly [Assignment, ...Assignment[]] {
  const records = sequences.length - index
  const rest = { ...delivered, from: sequences[index]!, records, deliveries: delivered.deliveries + 1 }
  if (rule.bisectOnError && index > 0) return [rest]
  if (rule.bisectOnError && records > 1) {
    const half = Math.ceil(records / 2)
    const second = { ...rest, from: sequences[index + half]!, records: records - half }
    return [{ ...rest, records: half }, second]
  }
  if (rest.retries >= rule.maxRetries) return [{ ...rest, givenUp: error }]
  return [{ ...rest, retries: rest.retries + 1 }]
}
