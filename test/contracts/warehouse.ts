import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Warehouse } from '../../core/ports/warehouse.ts'
import type { WarehouseTable } from '../../core/warehouse-table.ts'

export const EPOCH = Date.UTC(2026, 0, 1, 10)
const NEXT = EPOCH + 3_600_000

/** An engine under test: the port, a folder for CSV files, and a look at what it holds. */
export type WarehouseUnderTest = {
  readonly warehouse: Warehouse
  readonly folder: string
  query(sql: string): Promise<readonly Record<string, unknown>[]>
}

let serial = 0

/** A table of events under a name no other test uses. */
export function eventTable(): WarehouseTable {
  return {
    name: `trip_${++serial}`,
    description: "A customer's trip",
    columns: [
      { name: 'event_id', type: 'text', description: 'CloudEvents id' },
      { name: 'event_time', type: 'timestamp', description: 'When it happened' },
      { name: 'epoch', type: 'timestamp', description: 'Epoch that received it' },
      { name: 'note', type: 'text', description: 'Anything' },
      { name: 'distance', type: 'decimal', scale: 3, description: 'Distance in km' },
      { name: 'extra', type: 'json', description: 'Any JSON' },
    ],
    key: ['event_id'],
  }
}

export function metricTable(): WarehouseTable {
  return {
    name: `trips_${++serial}`,
    description: 'Trips',
    columns: [
      { name: 'window_start', type: 'timestamp', description: 'Start of the hour' },
      { name: 'count', type: 'bigint', description: 'number of events' },
      { name: 'mean', type: 'double', description: 'mean of distance' },
      { name: 'group_key', type: 'text', description: 'Canonical group' },
    ],
    key: ['window_start', 'group_key'],
  }
}

/** What every engine of the `Warehouse` port does. */
export function warehouseContract(open: () => WarehouseUnderTest): void {
  let warehouse: Warehouse
  let query: WarehouseUnderTest['query']
  let csv: (...lines: string[]) => Promise<string>

  beforeEach(() => {
    const tested = open()
    warehouse = tested.warehouse
    query = tested.query
    csv = async (...lines) => {
      const path = join(tested.folder, `${++serial}.csv`)
      await writeFile(path, lines.map(line => `${line}\n`).join(''))
      return path
    }
  })

  const event = (id: string, epoch = EPOCH, note = '', distance = '', extra = '') =>
    [id, '2026-01-01T10:00:00.123456Z', new Date(epoch).toISOString(), note, distance, extra].join(',')

  describe('prepare', () => {
    test('creates tables, and repeating it changes nothing', async () => {
      const tables = [eventTable(), metricTable()]
      await warehouse.prepare(tables)
      await warehouse.prepare(tables)
      for (const table of tables) expect(await query(`SELECT * FROM ${table.name}`)).toEqual([])
    })

    test('adds new columns, keeps old ones and all rows, and loads by name rather than by place', async () => {
      const old = eventTable()
      await warehouse.prepare([old])
      await warehouse.load([
        { table: old, csv: await csv(event('a')), replaces: { kind: 'epoch', epoch: EPOCH } },
      ])
      const added = { name: 'rider', type: 'bigint' as const, description: 'Who rode' }
      const renewed = { ...old, columns: [added, ...old.columns.filter(c => c.name !== 'note')] }
      await warehouse.prepare([renewed])
      const line = `7,b,2026-01-01T11:00:00Z,${new Date(NEXT).toISOString()},1.5,`
      await warehouse.load([
        { table: renewed, csv: await csv(line), replaces: { kind: 'epoch', epoch: NEXT } },
      ])
      const rows = await query(`SELECT event_id, rider, note FROM ${old.name} ORDER BY event_id`)
      expect(rows.map(row => [row['event_id'], row['rider']])).toEqual([
        ['a', null],
        ['b', '7'],
      ])
    })
  })

  describe('load', () => {
    test('replaces the rows of one epoch only, however often it is repeated', async () => {
      const table = eventTable()
      await warehouse.prepare([table])
      const load = async (epoch: number, ...ids: string[]) =>
        warehouse.load([
          {
            table,
            csv: await csv(...ids.map(id => event(id, epoch))),
            replaces: { kind: 'epoch', epoch },
          },
        ])
      await load(EPOCH, 'a', 'b')
      await load(NEXT, 'c')
      await load(EPOCH, 'a', 'd')
      await load(EPOCH, 'a', 'd')
      const rows = await query(`SELECT event_id FROM ${table.name} ORDER BY event_id`)
      expect(rows.map(row => row['event_id'])).toEqual(['a', 'c', 'd'])
    })

    test('replaces the rows of a metric that have the same key', async () => {
      const table = metricTable()
      await warehouse.prepare([table])
      const load = async (...lines: string[]) =>
        warehouse.load([{ table, csv: await csv(...lines), replaces: { kind: 'keys' } }])
      await load('2026-01-01T10:00:00Z,1,0.5,"{""city"":""a""}"', '2026-01-01T10:00:00Z,2,,{}')
      await load('2026-01-01T10:00:00Z,3,0.75,{}')
      const rows = await query(`SELECT group_key, count, mean FROM ${table.name} ORDER BY count`)
      expect(rows).toEqual([
        { group_key: '{"city":"a"}', count: '1', mean: 0.5 },
        { group_key: '{}', count: '3', mean: 0.75 },
      ])
    })

    test('keeps quotes, line ends, empty strings, NULL, decimals and any JSON apart', async () => {
      const table = eventTable()
      await warehouse.prepare([table])
      const path = await csv(
        event('quotes', EPOCH, '"say ""hi"",\n\\.\nend"', '-12.345', '"{""nul"":""\\u0000""}"'),
        event('empty', EPOCH, '""'),
        event('null', EPOCH, ''),
      )
      await warehouse.load([{ table, csv: path, replaces: { kind: 'epoch', epoch: EPOCH } }])
      const rows = await query(`SELECT event_id, note, distance, extra FROM ${table.name} ORDER BY event_id`)
      expect(rows).toEqual([
        { event_id: 'empty', note: '', distance: null, extra: null },
        { event_id: 'null', note: null, distance: null, extra: null },
        { event_id: 'quotes', note: 'say "hi",\n\\.\nend', distance: '-12.345', extra: '{"nul":"\\u0000"}' },
      ])
    })

    test('stores a NUL character as U+FFFD, wherever it stands', async () => {
      const table = eventTable()
      await warehouse.prepare([table])
      const path = await csv(event('a', EPOCH, '\0x\0\0y\0'))
      await warehouse.load([{ table, csv: path, replaces: { kind: 'epoch', epoch: EPOCH } }])
      const [row] = await query(`SELECT note FROM ${table.name}`)
      expect(row?.['note']).toBe('\uFFFDx\uFFFD\uFFFDy\uFFFD')
    })

    test('loads all tables or none', async () => {
      const [good, bad] = [eventTable(), eventTable()]
      await warehouse.prepare([good, bad])
      const replaces = { kind: 'epoch', epoch: EPOCH } as const
      await warehouse.load([{ table: good, csv: await csv(event('old')), replaces }])
      const loads = [
        { table: good, csv: await csv(event('new')), replaces },
        { table: bad, csv: await csv(event('x', EPOCH, '', 'not a number')), replaces },
      ]
      await expect(warehouse.load(loads)).rejects.toMatchObject({
        code: 'storage_failed',
        cause: expect.any(Error),
      })
      expect(await query(`SELECT event_id FROM ${good.name}`)).toEqual([{ event_id: 'old' }])
    })

    test('reports a CSV file that is not there, and works on afterwards', async () => {
      const table = eventTable()
      await warehouse.prepare([table])
      const replaces = { kind: 'epoch', epoch: EPOCH } as const
      await expect(warehouse.load([{ table, csv: '/nowhere.csv', replaces }])).rejects.toMatchObject({
        code: 'storage_failed',
        message: expect.stringContaining('/nowhere.csv'),
      })
      await warehouse.load([{ table, csv: await csv(event('a')), replaces }])
      expect(await query(`SELECT event_id FROM ${table.name}`)).toHaveLength(1)
    })

    test('lets readers see the old or the new rows at any moment, and never makes them wait', async () => {
      const table = eventTable()
      await warehouse.prepare([table])
      const size = 20_000
      const rows = (note: string) => Array.from({ length: size }, (_, i) => event(`e${i}`, EPOCH, note))
      const load = async (note: string) =>
        warehouse.load([{ table, csv: await csv(...rows(note)), replaces: { kind: 'epoch', epoch: EPOCH } }])
      await load('old')
      let loading = true
      const done = load('new').finally(() => (loading = false))
      const seen = new Set<string>()
      let slowest = 0
      while (loading) {
        const start = performance.now()
        const found = await query(`SELECT note, count(*) AS n FROM ${table.name} GROUP BY note`)
        slowest = Math.max(slowest, performance.now() - start)
        seen.add(found.map(row => `${row['note']}:${row['n']}`).join())
      }
      await done
      expect([...seen].filter(s => s !== `old:${size}` && s !== `new:${size}`)).toEqual([])
      expect(seen.has(`old:${size}`)).toBe(true)
      expect(slowest).toBeLessThan(1000)
    })

    test('never interleaves two loads of the same rows', async () => {
      const table = eventTable()
      await warehouse.prepare([table])
      const load = async (note: string) =>
        warehouse.load([
          {
            table,
            csv: await csv(...Array.from({ length: 2000 }, (_, i) => event(`e${i}`, EPOCH, note))),
            replaces: { kind: 'epoch', epoch: EPOCH },
          },
        ])
      await Promise.all(['a', 'b', 'c', 'd'].map(load))
      const found = await query(`SELECT note, count(*) AS n FROM ${table.name} GROUP BY note`)
      expect(found).toEqual([{ note: expect.stringMatching(/^[abcd]$/), n: '2000' }])
    })
  })
}
