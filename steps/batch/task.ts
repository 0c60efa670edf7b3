import { TributaryError } from '../../core/errors.ts'

/**
 * What the states of the batch machines hand to each other: names and numbers, never data. Every task is
 * idempotent: run again with the same input, after it ended or in the middle of it, it comes to the same
 * result.
 */
export type TaskResult<T> = T & {
  /** Merged, object by object, into the report of the run. */
  readonly report: Readonly<Record<string, unknown>>
}

/** `append`: the epoch follows the boundary. `recompute`: it lies before it, and its share is replaced. */
export type WorkMode = 'append' | 'recompute'

/** Work on the events of one type in one epoch. */
export type TypeWork = { readonly type: string; readonly epoch: number }

/** Work on one metric (its id) in one epoch. */
export type MetricWork = { readonly metric: string; readonly epoch: number; readonly mode: WorkMode }

/** Metrics of one type, to be aggregated one after the other. */
export type TypeMetrics = { readonly type: string; readonly metrics: readonly MetricWork[] }

/** All work of one turn. */
export type EpochWork = {
  readonly epoch: number
  readonly mode: WorkMode
  readonly types: readonly TypeWork[]
  readonly metrics: readonly MetricWork[]
  /** The metrics, those of a type together: they may have to refine its epoch again. */
  readonly byType?: readonly TypeMetrics[]
  /** Whether the epoch has more work, which the next turn takes on. */
  readonly isPart?: boolean
}

/** What became of an item of a Map: the task's answer, or why it failed for a reason of its own. */
export type ItemFailure = { readonly failure: { readonly code: string; readonly detail: string } }

export type Fields = Readonly<Record<string, unknown>>

/** Reads a payload that must be an object. */
export function payloadOf(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new TributaryError('bad_request', 'the input of a batch task is an object')
}

/** @throws TributaryError `bad_request` */
export function textOf(payload: Fields, name: string): string {
  const value = payload[name]
  if (typeof value === 'string' && value !== '') return value
  throw new TributaryError('bad_request', `"${name}" must be text`)
}

/** @throws TributaryError `bad_request` */
export function numberOf(payload: Fields, name: string): number {
  const value = payload[name]
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new TributaryError('bad_request', `"${name}" must be a whole number`)
}

/** @throws TributaryError `bad_request` */
export function listOf<T>(payload: Fields, name: string, read: (value: unknown) => T): readonly T[] {
  const value = payload[name]
  if (Array.isArray(value)) return value.map(read)
  throw new TributaryError('bad_request', `"${name}" must be a list`)
}

/** How work is done that an earlier state planned. */
export function modeOf(payload: Fields): WorkMode {
  return textOf(payload, 'mode') === 'recompute' ? 'recompute' : 'append'
}

/**
 * Reads the failure that a Map caught for an item; undefined where there is none. Of a function's failure
 * Step Functions makes JSON, of which the message is wanted.
 */
export function failureOf(payload: Fields): ItemFailure['failure'] | undefined {
  if (payload['failure'] === undefined) return undefined
  const { Error: code, Cause: cause } = payloadOf(payload['failure'])
  return { code: String(code), detail: messageOf(String(cause ?? '')) }
}

function messageOf(cause: string): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { readonly errorMessage?: unknown }
    return typeof errorMessage === 'string' ? errorMessage : cause
  } catch {
    // Not of a function on AWS: the text itself.
    return cause
  }
}

/** Those items of a Map over metrics that failed. @throws TributaryError `bad_request` */
export function failedIn(payload: Fields, name: string) {
  // Metrics of a type are aggregated in a Map of their own: lists of lists.
  const items = listOf(payload, name, value => [value].flat(2)).flat()
  return items.map(payloadOf).flatMap(item => {
    const failure = failureOf(item)
    return failure === undefined ? [] : [{ metric: textOf(item, 'metric'), failure }]
  })
}

/** Reads work that an earlier state planned. */
export function readTypeWork(value: unknown): TypeWork {
  const payload = payloadOf(value)
  return { type: textOf(payload, 'type'), epoch: numberOf(payload, 'epoch') }
}

/** Reads work that an earlier state planned. */
export function readMetricWork(value: unknown): MetricWork {
  const payload = payloadOf(value)
  return { metric: textOf(payload, 'metric'), epoch: numberOf(payload, 'epoch'), mode: modeOf(payload) }
}

/** Reads work that an earlier state planned. */
export function readEpochWork(value: unknown): EpochWork {
  const payload = payloadOf(value)
  return {
    epoch: numberOf(payload, 'epoch'),
    mode: modeOf(payload),
    types: listOf(payload, 'types', readTypeWork),
    metrics: listOf(payload, 'metrics', readMetricWork),
    isPart: payload['isPart'] === true,
  }
}
