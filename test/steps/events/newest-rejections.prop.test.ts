import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ListedRejection, Rejected } from '../../../core/ports/rejected.ts'
import { newestRejections } from '../../../steps/events/rejections.ts'

const T0 = Date.UTC(2026, 0, 1)
const DAY = 86_400_000

/** A rejection of a moment after `T0`, ms. */
function rejection(after: number, i: number): ListedRejection {
  const receivedAt = T0 + after
  const receipt = `${receivedAt}-test-${String(i).padStart(7, '0')}-000`
  return {
    ...{ receipt, receivedAt, type: 'shop.order', id: String(i), code: 'schema_violation', detail: '' },
    ...{ event: '', replayed: false },
  }
}

/** A store of some, as its port says: oldest first, a page at a time. */
function storeOf(all: readonly ListedRejection[]) {
  let pages = 0
  const list: Rejected['list'] = async ({ from = 0, after, limit }) => {
    pages++
    const begin = after === undefined ? `${from}` : `${after}~`
    const first = all.findIndex(({ receipt }) => receipt >= begin)
    const events = first === -1 ? [] : all.slice(first, first + limit)
    return { events, next: first + limit < all.length && first !== -1 ? events.at(-1)!.receipt : undefined }
  }
  return { list, pages: () => pages }
}

/** Every page, one after the other. */
async function paged(store: Pick<Rejected, 'list'>, limit: number): Promise<readonly string[]> {
  const found: string[] = []
  let before: string | undefined
  for (let page = 0; page < 5000; page++) {
    const asked = { since: T0, until: T0 + DAY, before, limit, isWanted: () => true }
    const { events, bound } = await newestRejections(store, asked)
    found.push(...events.map(({ receipt }) => receipt))
    if (bound === undefined) return found
    before = bound
  }
  throw new Error('the pages have no end')
}

/** Floods and trickles: where, how long, how many. */
const floods = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: DAY - 1 }),
    long: fc.constantFrom(20, 1000, 60_000, 3_600_000),
    count: fc.constantFrom(1, 30, 3000, 9000),
  }),
  { maxLength: 4 },
)

test('page by page every rejected event is listed once, newest first, however many came at a time', async () => {
  await fc.assert(
    fc.asyncProperty(floods, fc.constantFrom(100, 777), async (some, limit) => {
      const all = some
        .flatMap(({ at, long, count }) =>
          Array.from({ length: count }, (_, i) => Math.min(at, DAY - long) + Math.floor((i * long) / count)),
        )
        .map(rejection)
        .sort((a, b) => (a.receipt < b.receipt ? -1 : 1))
      const store = storeOf(all)
      expect(await paged(store, limit)).toEqual(all.map(({ receipt }) => receipt).reverse())
    }),
    { numRuns: 10 },
  )
}, 30_000)

test('of more in one millisecond than a question looks through some are left out, and nothing before it', async () => {
  const all = [0, ...Array.from({ length: 9000 }, () => 5), 7].map(rejection)
  const found = await paged(storeOf(all), 100)
  expect(found.length).toBe(4002)
  expect(new Set(found).size).toBe(4002)
  expect([found[0], found.at(-1)]).toEqual([all.at(-1)!.receipt, all[0]!.receipt])
})

test('the newest of a flood of 100,000 in a minute are found at once', async () => {
  const all = Array.from({ length: 100_000 }, (_, i) => rejection(Math.floor(i * 0.6), i))
  const store = storeOf(all)
  const asked = { since: T0, until: T0 + 60_000, before: undefined, limit: 50, isWanted: () => true }
  const { events, bound } = await newestRejections(store, asked)
  expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, i) => String(99_999 - i)))
  expect(bound).toBe(events.at(-1)!.receipt)
  expect(store.pages()).toBeLessThan(50)
})
