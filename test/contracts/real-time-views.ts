import { describe, expect, test } from 'vitest'
import { combineCells } from '../../core/cells/cells.ts'
import { padSequence } from '../../core/data/position.ts'
import type { Item, RealTimeViews } from '../../core/ports/views.ts'
import {
  ALL,
  byKey,
  cellsOf,
  DAILY,
  GROUPS,
  HOUR,
  itemOf,
  KINDS,
  METRIC,
  opener,
  type ViewsFactory,
} from './views-kit.ts'

/** What every engine of the `RealTimeViews` port does. */
export function describeRealTimeViews(engine: string, factory: ViewsFactory<RealTimeViews>): void {
  describe(`${engine} as RealTimeViews`, () => {
    const open = opener(factory)
    const put = async (views: RealTimeViews, ...items: Item[]) => {
      const results = await views.write(items.map(item => ({ item, expected: undefined })))
      expect(results).toEqual(items.map(() => true))
    }

    test('nothing is stored at first', async () => {
      const views = await open()
      expect(await views.read([itemOf({})])).toEqual([undefined])
      expect(await views.query({ ...ALL, after: undefined })).toEqual([])
      expect(await views.epoch({ metric: METRIC, epoch: 0, keys: [{ window: 0, group: '{}' }] })).toEqual({
        ...{ cells: [undefined], total: 0, unlisted: [] },
      })
    })

    test('an item is read as it was written, at its place among the keys asked for', async () => {
      const views = await open()
      const items = GROUPS.map((group, i) =>
        itemOf({ group, count: i, lane: i % 3, record: 5 + i, index: i }),
      )
      await put(views, ...items)
      const keys = [...items.toReversed(), itemOf({ lane: 9 })]
      expect(await views.read(keys)).toEqual([...items.toReversed(), undefined])
    })

    test('items differ by metric, group, window, epoch and lane', async () => {
      const views = await open()
      const items = [
        itemOf({ count: 1 }),
        itemOf({ count: 2, metric: 'other.00000000' }),
        itemOf({ count: 3, group: '{"a":1}' }),
        itemOf({ count: 4, window: HOUR }),
        itemOf({ count: 5, window: -HOUR }),
        itemOf({ count: 6, epoch: HOUR }),
        itemOf({ count: 7, lane: 1 }),
      ]
      await put(views, ...items)
      expect(await views.read(items)).toEqual(items)
    })

    test('a write whose expected position is not the stored one changes nothing', async () => {
      const views = await open()
      await put(views, itemOf({ record: 9, index: 3, count: 1 }))
      const stored = { sequence: padSequence('9'), index: 3 }
      const next = itemOf({ record: 10, count: 2 })
      const wrong = [undefined, { ...stored, index: 2 }, { ...stored, sequence: padSequence('8') }]
      for (const expected of wrong) expect(await views.write([{ item: next, expected }])).toEqual([false])
      expect((await views.read([next]))[0]!.cells).toEqual(cellsOf(1))
      expect(await views.write([{ item: next, expected: stored }])).toEqual([true])
      expect(await views.read([next])).toEqual([next])
    })

    test('a write that expects an item where there is none changes nothing', async () => {
      const views = await open()
      const item = itemOf({})
      expect(await views.write([{ item, expected: item.position }])).toEqual([false])
      expect(await views.read([item])).toEqual([undefined])
    })

    test('writes of one call succeed and fail each by itself', async () => {
      const views = await open()
      await put(views, itemOf({ lane: 1 }))
      const writes = [0, 1, 2].map(lane => ({
        item: itemOf({ lane, count: 7 }),
        expected: undefined,
      }))
      expect(await views.write(writes)).toEqual([true, false, true])
    })

    test('of two writers with the same expectation exactly one succeeds', async () => {
      const views = await open()
      const attempts = [1, 2, 3, 4].map(count =>
        views.write([{ item: itemOf({ count }), expected: undefined }]),
      )
      expect((await Promise.all(attempts)).flat().filter(Boolean)).toHaveLength(1)
    })

    test('a query combines lanes and epochs', async () => {
      const views = await open()
      await put(
        views,
        itemOf({ count: 1 }),
        itemOf({ count: 2, lane: 1 }),
        itemOf({ count: 4, epoch: HOUR }),
        itemOf({ count: 8, window: HOUR }),
      )
      expect(byKey(await views.query({ ...ALL, after: undefined }))).toEqual([
        { window: 0, group: '{}', cells: [7, 700, 4, []] },
        { window: HOUR, group: '{}', cells: cellsOf(8) },
      ])
    })

    test('a query leaves out epochs through the boundary', async () => {
      const views = await open()
      await put(views, itemOf({ count: 1, epoch: HOUR }), itemOf({ count: 2, epoch: 2 * HOUR }))
      const counts = async (after: number) =>
        (await views.query({ ...ALL, after })).map(({ cells }) => cells[0])
      expect(await counts(0)).toEqual([3])
      expect(await counts(HOUR)).toEqual([2])
      expect(await counts(2 * HOUR)).toEqual([])
    })

    test('a query can end with an epoch', async () => {
      const views = await open()
      await put(views, ...[1, 2, 4].map((count, i) => itemOf({ count, epoch: i * HOUR })))
      const counts = async (after: number | undefined, through: number) =>
        (await views.query({ ...ALL, after, through })).map(({ cells }) => cells[0])
      expect(await counts(undefined, HOUR)).toEqual([3])
      expect(await counts(0, HOUR)).toEqual([2])
      expect(await counts(HOUR, HOUR)).toEqual([])
    })

    test('a query takes windows from its first instant to before its last, also before 1970', async () => {
      const views = await open()
      const windows = [-2, -1, 0, 1, 2].map(n => n * HOUR)
      await put(views, ...windows.map(window => itemOf({ window })))
      const found = async (from: number | undefined, to: number | undefined, groups?: string[]) =>
        byKey(await views.query({ ...ALL, from, to, groups, after: undefined })).map(
          ({ window }) => window / HOUR,
        )
      for (const groups of [undefined, ['{}']]) {
        expect(await found(-HOUR, HOUR, groups)).toEqual([-1, 0])
        expect(await found(undefined, 0, groups)).toEqual([-2, -1])
        expect(await found(1, undefined, groups)).toEqual([1, 2])
        expect(await found(HOUR, HOUR, groups)).toEqual([])
        expect(await found(-1e15, 1e15, groups)).toEqual([-2, -1, 0, 1, 2])
      }
    })

    test('a query finds exactly the groups it names', async () => {
      const views = await open()
      await put(views, ...GROUPS.map((group, i) => itemOf({ group, count: i + 1 })))
      for (const [from, to] of [[undefined, undefined] as const, [0, HOUR] as const]) {
        for (const [i, group] of GROUPS.entries()) {
          const found = await views.query({
            ...ALL,
            from,
            to,
            groups: [group, '{"a":"none"}'],
            after: undefined,
          })
          expect(found).toEqual([{ window: 0, group, cells: cellsOf(i + 1) }])
        }
      }
    })

    test('a query that matches more than its limit is refused', async () => {
      const views = await open()
      await put(views, ...[0, 1, 2].map(n => itemOf({ window: n * HOUR })))
      expect(await views.query({ ...ALL, limit: 3, after: undefined })).toHaveLength(3)
      await expect(views.query({ ...ALL, limit: 2, after: undefined })).rejects.toMatchObject({
        code: 'too_large',
      })
    })

    test('a query rolls up as it reads, and its limit is of what comes out', async () => {
      const views = await open()
      const groups = ['{"a":1,"b":"x"}', '{"a":2,"b":"x"}']
      const items = [0, 1, 24, 25].flatMap(n => groups.map(group => itemOf({ window: n * HOUR, group })))
      await put(views, ...items)
      const rollup = { windows: DAILY, by: [], where: { a: [2], b: ['x'] } }
      const ask = { ...ALL, rollup, after: undefined }
      const found = await views.query({ ...ask, limit: 2 })
      const [one] = await views.query({ ...ALL, after: undefined, from: 0, to: 1, groups: [groups[1]!] })
      const twice = combineCells(KINDS, one!.cells, one!.cells)
      expect(byKey(found)).toEqual([0, 24].map(n => ({ window: n * HOUR, group: '{}', cells: twice })))
      await expect(views.query({ ...ask, limit: 1 })).rejects.toMatchObject({ code: 'too_large' })
    })

    test('an epoch is told by key, in all, and by what was not asked for', async () => {
      const views = await open()
      await put(
        views,
        ...GROUPS.map((group, i) => itemOf({ group, count: i + 1 })),
        itemOf({ group: GROUPS[0]!, lane: 1, count: 10 }),
        itemOf({ epoch: HOUR, window: HOUR }),
      )
      const keys = [
        { window: HOUR, group: '{}' },
        ...GROUPS.slice(0, -1).map(group => ({ window: 0, group })),
      ]
      const found = await views.epoch({ metric: METRIC, epoch: 0, keys, findUnlisted: true })
      expect(found.cells[0]).toBeUndefined()
      expect(found.cells[1]).toEqual([11, 1100, 10, []])
      expect(found.cells.slice(2)).toEqual(GROUPS.slice(1, -1).map((_, i) => cellsOf(i + 2)))
      expect(found).toMatchObject({ total: GROUPS.length, unlisted: [{ window: 0, group: GROUPS.at(-1) }] })
      expect((await views.epoch({ metric: METRIC, epoch: 0, keys })).unlisted).toEqual([])
    })

    test('at most 100 keys that were not asked for are named', async () => {
      const views = await open()
      await put(views, ...Array.from({ length: 130 }, (_, n) => itemOf({ window: n * HOUR })))
      const found = await views.epoch({ metric: METRIC, epoch: 0, keys: [], findUnlisted: true })
      expect(found.total).toBe(130)
      expect(found.unlisted).toHaveLength(100)
    })

    test('dropping forgets one metric through one epoch, and may be repeated', async () => {
      const views = await open()
      const items = [0, HOUR, 2 * HOUR].map(epoch => itemOf({ epoch }))
      const other = itemOf({ metric: 'other.00000000' })
      await put(views, ...items, other)
      for (let i = 0; i < 2; i++) await views.drop(METRIC, HOUR)
      expect(await views.read([...items, other])).toEqual([undefined, undefined, items[2], other])
      await put(views, items[0]!)
    })

    test('dropping all forgets the items of every epoch, and epochs go on', async () => {
      const views = await open()
      const items = [0, HOUR].map(epoch => itemOf({ epoch }))
      await put(views, ...items)
      await views.drop(METRIC, 'all')
      expect(await views.read(items)).toEqual([undefined, undefined])
      await put(views, items[1]!)
      expect((await views.epoch({ metric: METRIC, epoch: HOUR, keys: [items[1]!] })).total).toBe(1)
    })

    test('what a caller was given does not change under its hands', async () => {
      const views = await open()
      await put(views, itemOf({ count: 1 }))
      const [before] = await views.query({ ...ALL, after: undefined })
      const stored = itemOf({ count: 1 })
      await views.write([{ item: itemOf({ count: 5, record: 2 }), expected: stored.position }])
      expect(before!.cells).toEqual(cellsOf(1))
    })
  })
}
