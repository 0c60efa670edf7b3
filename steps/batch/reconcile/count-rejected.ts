import type { Rejected } from '../../../core/ports/rejected.ts'

/** How many events were rejected that were received in a span of time, by the type they name. */
export type RejectedCounts = {
  /** Those of no declared type, or of none that could be read, under `UNDECLARED`. */
  readonly types: Readonly<Record<string, number>>
  /** Whether there are more, of which nobody counted the rest. */
  readonly isPart: boolean
}

/** Counts rejected events that were received in [from, to), ms. */
export type CountRejected = (from: number, to: number) => Promise<RejectedCounts>

/** No event type can bear this name. */
export const UNDECLARED = 'no contract'

/** Rejected events of one look into the store. */
const PAGE = 1000
/** Rejected events that are counted of an epoch at most: a flood must not keep a batch. */
const MOST = 100_000

/** Builds a count of what a store lists in the order in which it was received. */
export function createCountRejected(
  { list }: Pick<Rejected, 'list'>,
  isDeclared: (type: string) => boolean,
): CountRejected {
  return async (from, to) => {
    const types = new Map<string, number>()
    let [after, seen] = [undefined as string | undefined, 0]
    do {
      const page = await list({ from, limit: PAGE, ...(after !== undefined && { after }) })
      for (const { receivedAt, type = '' } of page.events) {
        if (receivedAt >= to) return { types: Object.fromEntries(types), isPart: false }
        const name = isDeclared(type) ? type : UNDECLARED
        types.set(name, (types.get(name) ?? 0) + 1)
      }
      seen += page.events.length
      after = page.next
    } while (after !== undefined && seen < MOST)
    return { types: Object.fromEntries(types), isPart: after !== undefined }
  }
}
