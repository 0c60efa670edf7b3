import { describe, expect, test } from 'vitest'
import type { CellValues } from '../../core/cells/cells.ts'
import { type BatchViews, type Boundary, keyText } from '../../core/ports/views.ts'
import { ALL, byKey, cellsOf, DAILY, GROUPS, HOUR, METRIC, opener, type ViewsFactory } from './views-kit.ts'

/** What every engine of the `BatchViews` port does. */
export function describeBatchViews(engine: string, factory: ViewsFactory<BatchViews>): void {
  describe(`${engine} as BatchViews`, () => {
    const open = opener(factory)
    const boundaryOf = (generation: number): Boundary => ({
      ...{ epoch: generation * HOUR, generation, run: `run-${generation}`, movedAt: 5000 + generation },
    })
    const key = (window = 0, group = '{}') => ({ window, group })
    const entry = (count: number, window = 0, group = '{}') => ({
      window,
      group,
      cells: cellsOf(count, [1, count]),
    })
    const countsOf = async (views: BatchViews) =>
      byKey((await views.query(ALL)).partials).map(({ cells }) => cells[0])

    test('nothing is there before the first boundary', async () => {
      const views = await open()
      expect(await views.boundary(METRIC)).toBeUndefined()
      expect(await views.query(ALL)).toEqual({ boundary: undefined, partials: [] })
      expect(await views.read(METRIC, [key()])).toEqual([undefined])
    })

    test('a generation is invisible until the boundary moves to it, and then all of it is there', async () => {
      const views = await open()
      await views.write(METRIC, 1, [entry(1), entry(2, HOUR)])
      expect(await views.query(ALL)).toEqual({ boundary: undefined, partials: [] })
      expect(await views.read(METRIC, [key()])).toEqual([undefined])
      await views.moveBoundary(METRIC, boundaryOf(1))
      expect(await views.boundary(METRIC)).toEqual(boundaryOf(1))
      const { boundary, partials } = await views.query(ALL)
      expect(boundary).toEqual(boundaryOf(1))
      expect(byKey(partials)).toEqual([entry(1), entry(2, HOUR)])
    })

    test('readers keep the version before while the next one is written', async () => {
      const views = await open()
      await views.write(METRIC, 1, [entry(1), entry(2, HOUR), entry(3, 2 * HOUR)])
      await views.moveBoundary(METRIC, boundaryOf(1))
      await views.write(METRIC, 2, [entry(10), { ...key(HOUR), cells: undefined }, entry(40, 3 * HOUR)])
      expect(await countsOf(views)).toEqual([1, 2, 3])
      expect(await views.read(METRIC, [key(), key(HOUR), key(3 * HOUR)])).toEqual([
        ...[entry(1).cells, entry(2).cells, undefined],
      ])
      await views.moveBoundary(METRIC, boundaryOf(2))
      expect(await countsOf(views)).toEqual([10, 3, 40])
    })

    test('leaves out partials that a reader has from elsewhere, by their keys', async () => {
      const views = await open()
      await views.write(METRIC, 1, [entry(1), entry(2, HOUR), entry(3, HOUR, GROUPS[1])])
      await views.moveBoundary(METRIC, boundaryOf(1))
      const without = new Set([keyText(HOUR, '{}')])
      const { partials } = await views.query({ ...ALL, without })
      expect(byKey(partials).map(({ cells }) => cells[0])).toEqual([1, 3])
    })

    test('an entry without cells removes the partial, and a later one brings it back', async () => {
      const views = await open()
      const versions = [entry(1), { ...key(), cells: undefined }, entry(3)]
      const seen: unknown[] = []
      for (const [i, version] of versions.entries()) {
        await views.write(METRIC, i + 1, [version])
        await views.moveBoundary(METRIC, boundaryOf(i + 1))
        seen.push(await countsOf(views), (await views.read(METRIC, [key()]))[0]?.[0])
      }
      expect(seen).toEqual([[1], 1, [], undefined, [3], 3])
    })

    test('writing a generation again gives what was written last', async () => {
      const views = await open()
      await views.write(METRIC, 1, [entry(1)])
      await views.moveBoundary(METRIC, boundaryOf(1))
      await views.write(METRIC, 2, [entry(2)])
      await views.write(METRIC, 2, [entry(20)])
      await views.write(METRIC, 2, [entry(20), entry(21, HOUR)])
      expect(await countsOf(views)).toEqual([1])
      await views.moveBoundary(METRIC, boundaryOf(2))
      expect(await countsOf(views)).toEqual([20, 21])
    })

    test('a committed generation cannot be written', async () => {
      const views = await open()
      await views.write(METRIC, 3, [entry(1)])
      await views.moveBoundary(METRIC, boundaryOf(3))
      for (const generation of [2, 3])
        await expect(views.write(METRIC, generation, [entry(9)])).rejects.toMatchObject({ code: 'conflict' })
      expect(await countsOf(views)).toEqual([1])
    })

    test('a boundary can move without new entries', async () => {
      const views = await open()
      await views.write(METRIC, 1, [entry(1)])
      await views.moveBoundary(METRIC, boundaryOf(1))
      await views.write(METRIC, 2, [])
      await views.moveBoundary(METRIC, boundaryOf(2))
      expect(await countsOf(views)).toEqual([1])
      expect((await views.query(ALL)).boundary).toEqual(boundaryOf(2))
    })

    test('metrics have boundaries and partials of their own', async () => {
      const views = await open()
      const other = 'sales.0badcaff'
      await views.write(METRIC, 1, [entry(1)])
      await views.write(other, 1, [entry(2)])
      await views.moveBoundary(METRIC, boundaryOf(1))
      expect(await countsOf(views)).toEqual([1])
      expect(await views.query({ ...ALL, metric: other })).toEqual({ boundary: undefined, partials: [] })
    })

    test('any group can be a key, however long', async () => {
      const views = await open()
      await views.write(
        METRIC,
        1,
        GROUPS.map((group, i) => entry(i + 1, 0, group)),
      )
      await views.moveBoundary(METRIC, boundaryOf(1))
      const all = (await views.query(ALL)).partials
      expect(new Map(all.map(({ group, cells }) => [group, cells[0]]))).toEqual(
        new Map(GROUPS.map((group, i) => [group, i + 1])),
      )
      const found = await views.read(
        METRIC,
        GROUPS.map(group => key(0, group)),
      )
      expect(found.map(cells => cells?.[0])).toEqual(GROUPS.map((_, i) => i + 1))
    })

    test('a query takes windows from its first instant to before its last, also before 1970', async () => {
      const views = await open()
      const windows = [-800_000, -2, -1, 0, 1, 2, 500_000].map(n => n * HOUR)
      await views.write(
        METRIC,
        1,
        windows.flatMap(window => [entry(1, window), entry(1, window, '{"a":1}')]),
      )
      await views.moveBoundary(METRIC, boundaryOf(1))
      const found = async (from: number | undefined, to: number | undefined, groups?: string[]) => {
        const { partials } = await views.query({ ...ALL, from, to, groups })
        return byKey(partials.filter(({ group }) => group === '{}')).map(({ window }) => window / HOUR)
      }
      for (const groups of [undefined, ['{}']]) {
        expect(await found(-HOUR, HOUR, groups)).toEqual([-1, 0])
        expect(await found(-1, 1, groups)).toEqual([0])
        expect(await found(undefined, -HOUR, groups)).toEqual([-800_000, -2])
        expect(await found(HOUR, undefined, groups)).toEqual([1, 2, 500_000])
        expect(await found(0, 0, groups)).toEqual([])
        expect(await found(-1e15, 1e15, groups)).toEqual(windows.map(window => window / HOUR))
      }
    })

    test('a query finds exactly the groups it names', async () => {
      const views = await open()
      await views.write(
        METRIC,
        1,
        GROUPS.map((group, i) => entry(i + 1, 0, group)),
      )
      await views.moveBoundary(METRIC, boundaryOf(1))
      for (const [i, group] of GROUPS.entries()) {
        const { partials } = await views.query({ ...ALL, groups: [group, '{"a":"none"}'] })
        expect(partials).toEqual([entry(i + 1, 0, group)])
      }
    })

    test('a query that matches more than its limit is refused', async () => {
      const views = await open()
      await views.write(METRIC, 1, [entry(1), entry(2, HOUR), entry(3, 2 * HOUR)])
      await views.moveBoundary(METRIC, boundaryOf(1))
      expect((await views.query({ ...ALL, limit: 3 })).partials).toHaveLength(3)
      await expect(views.query({ ...ALL, limit: 2 })).rejects.toMatchObject({ code: 'too_large' })
    })

    test('a query rolls up as it reads, and its limit is of what comes out', async () => {
      const views = await open()
      const hours = Array.from({ length: 48 }, (_, hour) =>
        ['{"a":1,"b":"x"}', '{"a":2,"b":"x"}'].map(group => entry(1, hour * HOUR, group)),
      )
      await views.write(METRIC, 1, hours.flat())
      await views.moveBoundary(METRIC, boundaryOf(1))
      const ask = { ...ALL, rollup: { windows: DAILY, by: ['b'], where: { a: [1, 7] } } }
      const { partials } = await views.query({ ...ask, limit: 2 })
      expect(byKey(partials).map(({ window, group, cells }) => [window, group, cells[0]])).toEqual([
        [0, '{"b":"x"}', 24],
        [24 * HOUR, '{"b":"x"}', 24],
      ])
      await expect(views.query({ ...ask, limit: 1 })).rejects.toMatchObject({ code: 'too_large' })
    })

    test('cells beyond what a double holds come back as they were', async () => {
      const views = await open()
      const cells: CellValues = [9_007_199_254_740_991, -(10n ** 30n), null, [-1023, 1, 0, 2, 13_600, 3]]
      await views.write(METRIC, 1, [{ ...key(), cells }])
      await views.moveBoundary(METRIC, boundaryOf(1))
      expect(await views.read(METRIC, [key()])).toEqual([cells])
    })
  })
}
