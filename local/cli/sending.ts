import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { isErrorCode, TributaryError } from '../../core/errors.ts'
import { isObject } from '../../core/json/is-object.ts'
import type { AnswerOf } from '../../functions/table.ts'
import type { Batch } from './batches.ts'
import { type Answer, type Client, notOurs, refusalOf } from './client.ts'

/** One event that the platform rejected; `index` is its place in the input. */
export type RejectedLine = AnswerOf<'POST /v1/events'>['rejected'][number]

export type SendOptions = {
  readonly gzip: boolean
  /** Requests in flight. More than one gives up the order of events. */
  readonly connections: number
  readonly signal: AbortSignal
  /** Told after every batch. */
  readonly onProgress: (tally: Tally) => void
  readonly onRejected: (rejected: RejectedLine) => void
  /** Told of every answer to events, and where in the input an event of the request stands. */
  readonly onAnswer: (answer: Answer, placeOf: (index: number) => number) => void
  /** Told of an answer after which events are sent again. */
  readonly onWait: (answer: Answer) => void
}

/** `rounded`: accepted events with a number of more decimal places than its contract keeps. */
export type Tally = { sent: number; accepted: number; rounded: number; rejected: number; retried: number }

/** Tries for one batch: with the waits between them about two minutes of an unavailable platform. */
const MAX_TRIES = 12
const MAX_WAIT_SECONDS = 20
/** A platform that asks for a longer wait, such as until a key's next day, is not waited for. */
const LONGEST_ASKED_SECONDS = 120

const compress = promisify(gzip)

/** What sending came to; `failure`: why it ended before the input did. */
export type Sent = { readonly tally: Tally; readonly failure: unknown }

/**
 * Sends batches until there are none. What the platform refuses for now is sent again after `Retry-After`,
 * else with exponential backoff; only what it lists in `retry`. Ends when a request is refused for good, or
 * the tries are used up.
 */
export async function sendBatches(
  client: Client,
  batches: AsyncIterator<Batch>,
  options: SendOptions,
): Promise<Sent> {
  const tally: Tally = { sent: 0, accepted: 0, rounded: 0, rejected: 0, retried: 0 }
  // A failure of one connection must stop the others before their next batch.
  let failed = false
  const work = async () => {
    while (!failed && !options.signal.aborted) {
      const { value: batch, done } = await batches.next()
      if (done) return
      await sendBatch(client, batch, tally, options)
      tally.sent += batch.events.length
      options.onProgress(tally)
    }
  }
  const workers = Array.from({ length: options.connections }, () =>
    work().catch((error: unknown) => {
      failed = true
      throw error
    }),
  )
  const settled = await Promise.allSettled(workers)
  await batches.return?.()
  const failure = settled.find(one => one.status === 'rejected')?.reason as unknown
  // After Ctrl-C what was cut short is no failure: the tally says how far it came.
  return { tally, failure: options.signal.aborted ? undefined : failure }
}

async function sendBatch(client: Client, batch: Batch, tally: Tally, options: SendOptions): Promise<void> {
  let open = batch.events.map((_, i) => i)
  for (let attempt = 1; open.length > 0; attempt++) {
    const events = open.map(i => batch.events[i]!)
    const answer = await post(client, events, options.gzip)
    if (answer.status === 413 && events.length > 1) return sendHalves(client, batch, open, tally, options)
    const { accepted, rounded, rejected, retry } = readAnswer(answer, events)
    const asked = open
    options.onAnswer(answer, index => batch.first + (asked[index] ?? index))
    tally.accepted += accepted
    tally.rounded += rounded
    tally.rejected += rejected.length
    for (const one of rejected) options.onRejected({ ...one, index: batch.first + open[one.index]! })
    open = retry.map(i => open[i]!)
    if (open.length === 0) return
    if (attempt === MAX_TRIES || (answer.retryAfter ?? 0) > LONGEST_ASKED_SECONDS) throw refusalOf(answer)
    tally.retried += open.length
    options.onWait(answer)
    await pause(attempt, answer.retryAfter, options.signal)
  }
}

/**
 * Sends in two requests what is too large for one. An event that is too large by itself is left at last: it
 * is rejected, and the others go on.
 */
async function sendHalves(
  client: Client,
  batch: Batch,
  open: readonly number[],
  tally: Tally,
  options: SendOptions,
): Promise<void> {
  const middle = open.length >> 1
  for (const half of [open.slice(0, middle), open.slice(middle)]) {
    const events = half.map(i => batch.events[i]!)
    const placeOf = (index: number) => batch.first + (half[index - batch.first] ?? 0)
    await sendBatch(client, { first: batch.first, events }, tally, {
      ...options,
      onRejected: one => options.onRejected({ ...one, index: placeOf(one.index) }),
      onAnswer: (answer, place) => options.onAnswer(answer, index => placeOf(place(index))),
    })
  }
}

async function post(client: Client, events: readonly string[], zip: boolean): Promise<Answer> {
  const body = `[${events.join(',')}]`
  const headers = { 'content-type': 'application/cloudevents-batch+json' }
  try {
    if (!zip) return await client.send('POST', '/v1/events', { body, headers })
    const zipped = await compress(body)
    return await client.send('POST', '/v1/events', {
      body: zipped,
      headers: { ...headers, 'content-encoding': 'gzip' },
    })
  } catch (error) {
    if (!(error instanceof TributaryError) || !error.retryable) throw error
    return { status: 503, body: { detail: error.message }, retryAfter: undefined }
  }
}

type Outcome = {
  accepted: number
  rounded: number
  rejected: readonly RejectedLine[]
  retry: readonly number[]
}

function readAnswer(answer: Answer, events: readonly string[]): Outcome {
  const { status, body } = answer
  if (status === 413) return { accepted: 0, rounded: 0, rejected: [tooLarge(answer, events[0]!)], retry: [] }
  const isLater = asksForLater(answer)
  if (!isLater && status !== 202 && status !== 422) throw refusalOf(answer)
  const fields = isObject(body) ? body : {}
  // A page of somebody in between may have any status.
  if (!isLater && typeof fields['accepted'] !== 'number') throw notOurs(answer)
  const isPlace = (one: { readonly index: number }) => events[one.index] !== undefined
  const everything = isLater ? events.map((_, index) => ({ index })) : []
  return {
    accepted: Number(fields['accepted'] ?? 0),
    rounded: Number(fields['rounded'] ?? 0),
    rejected: (listOf(fields['rejected']) as readonly RejectedLine[] | undefined)?.filter(isPlace) ?? [],
    retry: ((listOf(fields['retry']) as typeof everything | undefined) ?? everything)
      .filter(isPlace)
      .map(one => one.index),
  }
}

function listOf(value: unknown): readonly object[] | undefined {
  return Array.isArray(value) ? value.filter(isObject) : undefined
}

/**
 * Whether events are to be sent again: the platform says so, or somebody before it who has lost it, such as a
 * gateway with 502 or 504. They keep their ids, so that none counts twice.
 */
function asksForLater({ status, body }: Answer): boolean {
  if (LATER.has(status)) return true
  const code = isObject(body) ? String(body['code']) : ''
  return status >= 500 && (!isErrorCode(code) || new TributaryError(code, '').retryable)
}

const LATER: ReadonlySet<number> = new Set([408, 425, 429])

function tooLarge(answer: Answer, event: string): RejectedLine {
  const { id } = JSON.parse(event) as { id?: unknown }
  return {
    index: 0,
    id: typeof id === 'string' ? id : null,
    code: 'too_large',
    detail: refusalOf(answer).message,
  }
}

async function pause(attempt: number, retryAfter: number | undefined, signal: AbortSignal): Promise<void> {
  const backoff = Math.min(MAX_WAIT_SECONDS, 0.25 * 2 ** attempt)
  // Jitter keeps many senders from coming back at the same moment.
  const seconds = Math.max(retryAfter ?? 0, backoff * (0.5 + Math.random() / 2))
  await setTimeout(seconds * 1000, undefined, { signal })
}
