import { receivedAt } from '../../core/event/receipt.ts'
import type { ListedRejection, Rejected } from '../../core/ports/rejected.ts'

/** Pages of rejected events that one question looks through: each is 64 MB of lines at most. */
const MAX_PAGES = 4
const PAGE = 1000

type Asked = { readonly id: string; readonly since: number; readonly until: number }

/** Rejected events with an id; `isWhole` is false where there are more than a question looks through. */
export async function rejectionsOf(
  { list }: Pick<Rejected, 'list'>,
  { id, since, until }: Asked,
): Promise<{ readonly rejected: readonly ListedRejection[]; readonly isWhole: boolean }> {
  const { events, isWhole } = await readFrom({ list }, since, until)
  return { rejected: events.filter(one => one.id === id), isWhole }
}

/** Which rejected events are listed: received in a range, before a receipt, newest first. */
export type RejectionSearch = {
  readonly since: number
  readonly until: number
  readonly before: string | undefined
  readonly limit: number
  readonly isWanted: (one: ListedRejection) => boolean
}

const HOUR = 3_600_000
/** Spans that one question reads, at most: from an hour to a millisecond there are eleven. */
const MAX_SPANS = 40

/**
 * The newest rejected events of a range. The store gives the oldest first, so that spans are read from the
 * end on, each before the one that was read: longer ones where there is little, and a shorter one in place of
 * one that has more than a question looks through. `bound` is as in `PageOfEvents`.
 */
export async function newestRejections(
  rejected: Pick<Rejected, 'list'>,
  { since, until, before, limit, isWanted }: RejectionSearch,
): Promise<{ readonly events: readonly ListedRejection[]; readonly bound: string | undefined }> {
  const found: ListedRejection[] = []
  let end = before === undefined ? until : Math.min(until, endBefore(before))
  let span = HOUR
  for (let spans = 0; spans < MAX_SPANS; spans++) {
    const from = Math.max(since, end - span)
    const { events, isWhole } = await readFrom(rejected, from, end)
    if (!isWhole && from < end) {
      span = Math.floor((end - from) / 4)
      continue
    }
    const own = events.filter(one => (before === undefined || one.receipt < before) && isWanted(one))
    found.push(...own.reverse())
    if (found.length > limit) return { events: found.slice(0, limit), bound: found[limit - 1]!.receipt }
    // More in one millisecond than a question looks through: the rest is not told of, not told wrongly.
    if (!isWhole) return { events: found, bound: String(from) }
    if (from <= since) return { events: found, bound: undefined }
    if (found.length === limit) return { events: found, bound: found.at(-1)!.receipt }
    end = from - 1
    span = Math.max(1, span * 4)
  }
  return { events: found, bound: String(end + 1) }
}

/** The last millisecond that has receipts before a bound, which may be a millisecond itself. */
function endBefore(bound: string): number {
  return bound.includes('-') ? receivedAt(bound) : Number(bound) - 1
}

async function readFrom({ list }: Pick<Rejected, 'list'>, from: number, end: number) {
  const all: ListedRejection[] = []
  let after: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const { events, next } = await list({ from, limit: PAGE, ...(after !== undefined && { after }) })
    all.push(...events.filter(one => one.receivedAt <= end))
    if (next === undefined || (events.at(-1)?.receivedAt ?? 0) > end) return { events: all, isWhole: true }
    after = next
  }
  return { events: all, isWhole: false }
}
