import type { PackedRecord } from '../core/event/record.ts'
import type { RecentEvents } from '../core/memory/recent-events.ts'
import type { Numbered, Sequences, Unseen } from '../core/memory/sequences.ts'
import type { PutOutcome } from '../core/ports/stream/stream.ts'

/** What a process remembers of what it stored, within bounds of its own. A start begins with nothing. */
export type Memory = {
  readonly events: RecentEvents
  /** Not given where other processes take events of the same senders in: what is missing may be with them. */
  readonly sequences?: Sequences
}

/** An event whose id came before with other content; `earlier` is the receipt of what came then. */
export type Conflicting = {
  readonly index: number
  readonly id: string
  readonly receipt: string
  readonly earlier: string
}

/** Conflicts that one request is told of. */
const MOST_CONFLICTS = 100

/**
 * Remembers stored events, and says which of them conflict with those that the same sender sent before;
 * without `from`, in the same request.
 */
export function rememberEvents(
  memory: Memory,
  packed: readonly PackedRecord[],
  outcomes: readonly PutOutcome[],
  from: string | undefined,
): readonly Conflicting[] {
  const stored = packed.every((_, i) => outcomes[i]!.kind === 'stored')
    ? packed
    : packed.filter((_, i) => outcomes[i]!.kind === 'stored')
  const conflicts = memory.events.note(stored, memory.events.senderOf(from))
  return conflicts
    .slice(0, MOST_CONFLICTS)
    .map(({ record, place, ...one }) => ({ index: stored[record]!.indexes[place]!, ...one }))
    .sort((a, b) => a.index - b.index)
}

/**
 * Remembers the numbers of events that are kept, and says which ones are missing between. Nothing is said
 * where some of the request are to be sent again, as those are what is missing.
 */
export function rememberNumbers(
  { sequences }: Memory,
  numbered: readonly Numbered[],
  retry: readonly number[],
  from: string,
  now: number,
): readonly Unseen[] {
  if (sequences === undefined) return []
  if (retry.length === 0) return sequences.note(numbered, from, now)
  const again = new Set(retry)
  const kept = numbered.filter(({ index }) => !again.has(index))
  sequences.note(kept, from, now)
  return []
}
