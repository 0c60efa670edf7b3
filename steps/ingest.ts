import { epochOf } from '../core/data/epoch.ts'
import { toTributaryError } from '../core/errors.ts'
import type { Acceptor } from '../core/event/accept.ts'
import type { Partitions } from '../core/event/partition.ts'
import { receiptPrefix } from '../core/event/receipt.ts'
import type { Accepted } from '../core/event/record.ts'
import { type PackedRecord, packRecords } from '../core/event/record.ts'
import type { Texts } from '../core/json/sent-json.ts'
import type { Numbered } from '../core/memory/sequences.ts'
import type { Rejected } from '../core/ports/rejected.ts'
import type { PutOutcome, Stream } from '../core/ports/stream/stream.ts'
import {
  type IngestOutcome,
  NONE_REFUSED,
  outcomeOf,
  type Refused,
  refusedOf,
  withoutRejected,
} from './ingest-outcome.ts'
import { type Judged, judge, type Rejection } from './judge.ts'
import { type Memory, rememberEvents, rememberNumbers } from './remember.ts'

export type IngestPorts = {
  readonly stream: Stream
  readonly rejected: Pick<Rejected, 'put'>
  /** ms since 1970; never runs backwards. */
  readonly now: () => number
  readonly epochLength: number
  /** Awaited before events are stamped; whatever it rejects with ends the request. */
  readonly ready?: () => Promise<void>
  /** What events of an epoch are spread over. */
  readonly partitionsAt: (epoch: number) => Partitions
  /** Names this process or container in receipts: six characters of 0–9 a–z. */
  readonly process: string
  /**
   * Characters of JSON text that fill a record of the stream; the packer's own measure where it is not given.
   */
  readonly recordSize?: number
  /** Where it is given, answers tell of conflicting ids and of numbers that are missing. */
  readonly memory?: Memory
  /** Epochs in which an id is remembered. Where it is given, answers tell of events that are older. */
  readonly horizon?: number
}

/**
 * Takes the events of a request, as parsed JSON, and the canonical texts of those that were sent so; resolves
 * once every accepted and rejected event is durable, or known not to be.
 */
export type Ingest = (
  events: readonly unknown[],
  texts?: Texts,
  admit?: Admit,
  from?: string,
) => Promise<IngestOutcome>

/**
 * What a caller's own limits make of judged events, before anything is stored.
 *
 * @throws TributaryError `too_many` where it may send no more for now
 */
export type Admit = (judged: Judged) => Judged | Promise<Judged>

/**
 * Stores what was judged; resolves once every accepted and rejected event is durable, or known not to be.
 * `from`: whose events are compared with each other; not given: those of the request alone.
 */
export type Store = (judged: Judged, from?: string) => Promise<IngestOutcome>

/** Builds the ingest step: judges events, then stores them. */
export function createIngest(ports: IngestPorts & { readonly accept: Acceptor }): Ingest {
  const store = createStore(ports)
  return async (events, texts = [], admit, from) => {
    const judged = judge(ports.accept, events, texts)
    const admitted = admit === undefined ? judged : await admit(judged)
    await ports.ready?.()
    return store(admitted, from)
  }
}

/**
 * Builds the second half of the ingest step. Rejected events that cannot be kept are to be sent again, alone:
 * good ones of the same request are stored, and are not made to wait for another answer.
 */
export function createStore(ports: IngestPorts): Store {
  const { stream, rejected, now, epochLength, partitionsAt, process, recordSize, memory, horizon } = ports
  let requests = 0

  /** Stamping and handing over happen in one go, so receipts order as the stream does. */
  const put = (events: readonly Accepted[]): Sent => {
    const receivedAt = now()
    const epoch = epochOf(receivedAt, epochLength)
    const prefix = receiptPrefix(receivedAt, process, requests++)
    const packed = packRecords(events, epoch, partitionsAt(epoch), prefix, recordSize)
    return { packed, outcomes: stream.put(packed.map(one => one.record)) }
  }

  /** What became of a put; what was stored is remembered. */
  const settledOf = (
    packed: readonly PackedRecord[],
    outcomes: readonly PutOutcome[],
    from: string | undefined,
  ): Refused => {
    const refused = refusedOf(packed, outcomes)
    if (memory === undefined) return refused
    const conflicting = rememberEvents(memory, packed, outcomes, from)
    return conflicting.length === 0 ? refused : { ...refused, conflicting }
  }

  const store = async (events: readonly Accepted[], from: string | undefined): Promise<Refused> => {
    if (events.length === 0) return NONE_REFUSED
    const { packed, outcomes } = put(events)
    const refused = settledOf(packed, await outcomes, from)
    return refused.retry.length > 0 && refused.retryAfterSeconds === 0
      ? restamp(events, refused, from)
      : refused
  }

  /** An epoch can close between stamping and storing: such events get a new stamp, once. */
  const restamp = async (
    events: readonly Accepted[],
    { retry, conflicting = [] }: Refused,
    from: string | undefined,
  ): Promise<Refused> => {
    const again = new Set(retry)
    const { packed, outcomes } = put(events.filter(event => again.has(event.index)))
    const refusal = settledOf(packed, await outcomes, from)
    const all = [...conflicting, ...(refusal.conflicting ?? [])]
    const retryAfterSeconds = Math.max(1, refusal.retryAfterSeconds)
    return { ...refusal, retryAfterSeconds, ...(all.length > 0 && { conflicting: all }) }
  }

  const keep = async (rejections: readonly Rejection[]): Promise<void> => {
    const receivedAt = now()
    const prefix = receiptPrefix(receivedAt, process, requests++)
    await rejected.put(
      rejections.map(({ index, id, place: _, ...why }) => ({
        ...why,
        receipt: `${prefix}${String(index).padStart(5, '0')}`,
        receivedAt,
        id: id ?? undefined,
      })),
    )
  }

  /**
   * Both come to their end before the answer: a function is frozen after it, and would go on in a later
   * epoch.
   */
  const storeAndKeep = async (
    { accepted, rejections }: Judged,
    outcome: (refused: Refused) => IngestOutcome,
    from: string | undefined,
  ): Promise<IngestOutcome> => {
    const [stored, kept] = await Promise.allSettled([store(accepted, from), keep(rejections)])
    if (stored.status === 'rejected') throw stored.reason
    if (kept.status === 'fulfilled') return outcome(stored.value)
    const failure = toTributaryError(kept.reason)
    if (!failure.retryable) throw failure
    return withoutRejected(outcome(stored.value), failure)
  }

  /** Numbers of events whose keeping is known are remembered: an answer that is never given tells nothing. */
  const withUnseen = (
    outcome: IngestOutcome,
    numbered: readonly Numbered[],
    from: string | undefined,
  ): IngestOutcome => {
    if (memory === undefined || from === undefined) return outcome
    const unseen = rememberNumbers(memory, numbered, outcome.retry, from, now())
    return unseen.length === 0 ? outcome : { ...outcome, unseen }
  }

  const oldest = horizon === undefined ? undefined : horizon * epochLength

  return (judged, from) => {
    const before = oldest === undefined ? undefined : epochOf(now(), epochLength) - oldest
    const outcome = outcomeOf(judged, before)
    const stored =
      judged.rejections.length === 0
        ? store(judged.accepted, from).then(outcome)
        : storeAndKeep(judged, outcome, from)
    const { numbered } = judged
    return numbered === undefined ? stored : stored.then(one => withUnseen(one, numbered, from))
  }
}

/** A put under way: its records, and what becomes of them. */
type Sent = {
  readonly packed: readonly PackedRecord[]
  readonly outcomes: ReturnType<Stream['put']>
}
