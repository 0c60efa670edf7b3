import { describe, expect, test } from 'vitest'
import type { TableCatalog } from '../../core/ports/table-catalog.ts'

/** What every engine of the port does. `open` gives an empty catalog. */
export function tableCatalogContract(name: string, open: () => Promise<TableCatalog>): void {
  describe(`${name} keeps the contract of a catalog of tables:`, () => {
    const trip = { namespace: 'curated', table: 'trip' }

    test('a table is where it was committed last', async () => {
      const catalog = await open()
      expect(await catalog.location(trip)).toBeUndefined()
      expect(await catalog.commit(trip, undefined, 'file:///a')).toBe('committed')
      expect(await catalog.location(trip)).toBe('file:///a')
      expect(await catalog.commit(trip, 'file:///a', 'file:///b')).toBe('committed')
      expect(await catalog.location(trip)).toBe('file:///b')
    })

    test('a commit that is based on what is no longer so changes nothing', async () => {
      const catalog = await open()
      await catalog.commit(trip, undefined, 'file:///a')
      expect(await catalog.commit(trip, undefined, 'file:///x')).toBe('conflict')
      await catalog.commit(trip, 'file:///a', 'file:///b')
      expect(await catalog.commit(trip, 'file:///a', 'file:///x')).toBe('conflict')
      expect(await catalog.location(trip)).toBe('file:///b')
      expect(await catalog.commit({ ...trip, table: 'none' }, 'file:///a', 'file:///x')).toBe('conflict')
    })

    test('of many commits at once that are based on the same, one is committed', async () => {
      const catalog = await open()
      await catalog.commit(trip, undefined, 'file:///0')
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, i) => catalog.commit(trip, 'file:///0', `file:///1-${i}`)),
      )
      expect(outcomes.filter(outcome => outcome === 'committed')).toHaveLength(1)
      expect(await catalog.location(trip)).toBe(`file:///1-${outcomes.indexOf('committed')}`)
    })

    test('tables are listed by namespace, and one that was dropped is gone', async () => {
      const catalog = await open()
      expect(await catalog.tables('curated')).toEqual([])
      for (const table of ['visit', 'trip', 'Z_1', 'order'])
        await catalog.commit({ ...trip, table }, undefined, `file:///${table}`)
      await catalog.commit({ namespace: 'partials', table: 'trip' }, undefined, 'file:///p')
      expect(await catalog.tables('curated')).toEqual(['Z_1', 'order', 'trip', 'visit'])
      await catalog.drop(trip)
      await catalog.drop(trip)
      expect(await catalog.location(trip)).toBeUndefined()
      expect(await catalog.tables('curated')).toEqual(['Z_1', 'order', 'visit'])
      expect(await catalog.location({ namespace: 'partials', table: 'trip' })).toBe('file:///p')
    })
  })
}
