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

/**
 * The newest rejected events of a range. The store gives the oldest first, so that ever longer spans before
 * the end are read, until one has enough of them. `bound` is as in `PageOfEvents`.
 */
export async function newestRejections(
  rejected: Pick<Rejected, 'list'>,
  { since, until, before, limit, isWanted }: RejectionSearch,
): Promise<{ readonly events: readonly ListedRejection[]; readonly bound: string | undefined }> {
  const end = before === undefined ? until : Math.min(until, receivedAt(before))
  for (let span = HOUR; ; span *= 4) {
    const from = Math.max(since, end - span)
    const { events, isWhole } = await readFrom(rejected, from, end)
    const own = events
      .filter(one => (before === undefined || one.receipt < before) && isWanted(one))
      .reverse()
    if (own.length > limit) return { events: own.slice(0, limit), bound: own[limit - 1]!.receipt }
    // There may be newer ones behind those that were read: they are not told of, rather than told wrongly.
    if (!isWhole) return { events: own, bound: String(from) }
    if (from === since) return { events: own, bound: undefined }
    if (own.length === limit) return { events: own, bound: own.at(-1)!.receipt }
  }
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
