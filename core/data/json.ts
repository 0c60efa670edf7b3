/**
 * Is there an integer of 16 digits or more that is not the fraction of a decimal? Cheap, and right to ask too
 * often.
 */
const LONG_INTEGER = /[\s:,[]-?\d{16}/

/**
 * Parses JSON without altering a number in silence: an integer beyond ±(2^53 − 1), which JSON.parse would
 * round, comes back as a bigint. Only bodies with a long integer take the slow way over the numbers' source
 * text.
 *
 * @throws SyntaxError where the text is not JSON
 */
export function parseJson(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text)
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
    const source = context?.source ?? ''
    return /^-?\d+$/.test(source) ? BigInt(source) : value
  })
}
