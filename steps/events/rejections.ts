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
  const rejected: ListedRejection[] = []
  let after: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const { events, next } = await list({ from: since, limit: PAGE, ...(after !== undefined && { after }) })
    rejected.push(...events.filter(one => one.id === id && one.receivedAt <= until))
    if (next === undefined || (events.at(-1)?.receivedAt ?? 0) > until) return { rejected, isWhole: true }
    after = next
  }
  return { rejected, isWhole: false }
}
