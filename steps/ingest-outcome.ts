import type { TributaryError } from '../core/errors.ts'
import type { PackedRecord } from '../core/event/record.ts'
import type { Undeclared } from '../core/event/undeclared.ts'
import type { Unseen } from '../core/memory/sequences.ts'
import type { PutOutcome } from '../core/ports/stream/stream.ts'
import type { Judged, Rejection } from './judge.ts'
import type { Conflicting } from './remember.ts'

/** What one request of events came to. Indexes are positions in the request. */
export type IngestOutcome = {
  /** Events durably stored. */
  readonly accepted: number
  /** How many of them have a number with more decimal places than its contract keeps. */
  readonly rounded: number
  readonly rejected: readonly Pick<Rejection, 'index' | 'id' | 'code' | 'detail'>[]
  /**
   * Indexes of events that are not stored: refused for now by the stream, or rejected and not kept. The
   * sender must send them again.
   */
  readonly retry: readonly number[]
  readonly retryAfterSeconds: number
  /** Why events were refused, where some were: see core/refusals.ts. */
  readonly reason?: string
  /** What kept rejected events from being kept, where they were not: they are among `retry`. */
  readonly unkept?: string
  /** Fields that contracts do not name, of the events that were looked at. */
  readonly undeclared?: readonly Undeclared[]
  /**
   * Accepted events that happened before the dedupe horizon (`before`, ms since 1970): whether they were sent
   * at that time, too, is not known any more.
   */
  readonly late?: { readonly events: number; readonly before: number }
  readonly conflicting?: readonly Conflicting[]
  readonly unseen?: readonly Unseen[]
}

/** What of a request the stream refused for now, and what of it conflicts with earlier events. */
export type Refused = Pick<IngestOutcome, 'retry' | 'retryAfterSeconds' | 'reason' | 'conflicting'>

export const NONE_REFUSED: Refused = { retry: [], retryAfterSeconds: 0 }

/**
 * What a request came to, once it is known what the stream refused. What it answers with is counted before
 * anything is awaited: events are not held while the disk writes.
 *
 * @param before since when ids are remembered, ms since 1970
 */
export function outcomeOf(
  { accepted: events, rejections }: Judged,
  before: number | undefined,
): (refused: Refused) => IngestOutcome {
  const count = events.length
  const rounded: number[] = []
  const late: number[] = []
  const undeclared: Undeclared[] = []
  for (const { isRounded, index, undeclared: names, type, time } of events) {
    if (isRounded === true) rounded.push(index)
    if (before !== undefined && time < before) late.push(index)
    if (names !== undefined) undeclared.push({ type, names })
  }
  const rejected = rejections.map(({ index, id, code, detail }) => ({ index, id, code, detail }))
  return refusal => ({
    accepted: count - refusal.retry.length,
    rounded: rounded.length === 0 ? 0 : without(refusal.retry, rounded),
    rejected,
    ...refusal,
    ...(undeclared.length > 0 && { undeclared }),
    ...(late.length > 0 && { late: { events: without(refusal.retry, late), before: before! } }),
  })
}

/** How many of the indexes were not refused. */
function without(refused: readonly number[], indexes: readonly number[]): number {
  const again = new Set(refused)
  return indexes.filter(index => !again.has(index)).length
}

/** Which events of a put are to be sent again, and when. */
export function refusedOf(packed: readonly PackedRecord[], outcomes: readonly PutOutcome[]): Refused {
  const retry: number[] = []
  let retryAfterSeconds = 0
  let reason = ''
  for (let i = 0; i < outcomes.length; i++) {
    const outcome = outcomes[i]!
    if (outcome.kind === 'stored') continue
    retry.push(...packed[i]!.indexes)
    retryAfterSeconds = Math.max(retryAfterSeconds, outcome.retryAfterSeconds)
    reason = outcome.reason
  }
  return retry.length === 0 ? NONE_REFUSED : { retry, retryAfterSeconds, reason }
}

/** What is told where rejected events are not kept: who sent them has them still. */
export function withoutRejected(outcome: IngestOutcome, failure: TributaryError): IngestOutcome {
  return {
    ...outcome,
    rejected: [],
    retry: [...outcome.retry, ...outcome.rejected.map(one => one.index)].sort((a, b) => a - b),
    retryAfterSeconds: Math.max(outcome.retryAfterSeconds, failure.retryAfter ?? 1),
    reason: outcome.reason ?? 'rejected_not_kept',
    unkept: failure.message,
  }
}
