import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { type CsvValue, warehouseLine } from '../../core/lake/csv.ts'
import { groupKey, LONGEST_KEY } from '../../core/lake/group-key.ts'
import { contractIdentity, goesOn, isOfEvents } from '../../core/lake/table-identity.ts'
import { keysOfTable, type WarehouseTable } from '../../core/lake/warehouse-table.ts'
import type { LoadJob, Warehouse, WarehouseLoad } from '../../core/ports/warehouse.ts'

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

/** The same, with the lineage by which tables of events are known. */
export function loggedTable(): WarehouseTable {
  const table = eventTable()
  return { ...table, columns: [...table.columns, { name: 'receipt', type: 'text', description: 'Receipt' }] }
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

/** Follows a job to its end. @throws what it failed for */
export async function settled(warehouse: Warehouse, job: LoadJob): Promise<void> {
  let loading = await warehouse.load(job)
  for (let asked = 0; loading.state === 'loading'; asked++) {
    if (asked === 2000) throw new Error(`${job.name} does not end`)
    await sleep(10)
    loading = await warehouse.ask(job, loading.statement)
  }
  if (loading.state === 'failed') throw loading.failure
}

/** Runs loads as a job of its own. */
export async function run(warehouse: Warehouse, loads: readonly WarehouseLoad[]): Promise<void> {
  await settled(warehouse, { name: `job ${++serial}`, loads })
}

export type Row = readonly CsvValue[]

/** A file as the lake writes it for an engine. */
export async function csvFile(
  { folder, warehouse }: WarehouseUnderTest,
  table: WarehouseTable,
  rows: readonly Row[],
): Promise<string> {
  const path = join(folder, `${++serial}.csv`)
  await writeFile(path, rows.map(row => warehouseLine(table, warehouse.texts, row)).join(''))
  return path
}

/** A row of `eventTable`. */
export const event = (
  id: string,
  { epoch = EPOCH, note = null as CsvValue, distance = null as CsvValue, extra = null as CsvValue } = {},
): Row => [id, '2026-01-01T10:00:00.123456Z', new Date(epoch).toISOString(), note, distance, extra]

/** What every engine of the `Warehouse` port does. */
export function warehouseContract(open: () => WarehouseUnderTest): void {
  let tested: WarehouseUnderTest
  let query: WarehouseUnderTest['query']
  const load = (loads: readonly WarehouseLoad[]) => run(tested.warehouse, loads)
  const epochLoad = async (table: WarehouseTable, rows: readonly Row[], epoch = EPOCH) =>
    ({ table, csv: await csvFile(tested, table, rows), replaces: { kind: 'epoch', epoch } }) as const
  const keysLoad = async (table: WarehouseTable, rows: readonly Row[]) =>
    ({ table, csv: await csvFile(tested, table, rows), replaces: { kind: 'keys' } }) as const

  beforeEach(() => {
    tested = open()
    query = tested.query
  })

  describe('the tables of a job', () => {
    test('are created, and repeating it changes nothing', async () => {
      const [events, metric] = [eventTable(), metricTable()]
      const loads = [await epochLoad(events, []), await keysLoad(metric, [])]
      await load(loads)
      await load(loads)
      for (const table of [events, metric]) expect(await query(`SELECT * FROM ${table.name}`)).toEqual([])
    })

    test('get new columns, keep old ones and all rows, and are loaded by name rather than by place', async () => {
      const old = eventTable()
      await load([await epochLoad(old, [event('a')])])
      const added = { name: 'rider', type: 'bigint' as const, description: 'Who rode' }
      const renewed = { ...old, columns: [added, ...old.columns.filter(c => c.name !== 'note')] }
      const row = [7, 'b', '2026-01-01T11:00:00Z', new Date(NEXT).toISOString(), 1.5, null]
      await load([await epochLoad(renewed, [row], NEXT)])
      const rows = await query(`SELECT event_id, rider, note FROM ${old.name} ORDER BY event_id`)
      expect(rows.map(found => [found['event_id'], found['rider']])).toEqual([
        ['a', null],
        ['b', '7'],
      ])
    })
  })

  test('counts the rows of a table of events by epoch, those of an epoch without any too', async () => {
    const events = eventTable()
    await load([await epochLoad(events, [event('a'), event('b')]), await epochLoad(events, [], NEXT)])
    const counts = await tested.warehouse.countRows(events.name, [EPOCH, NEXT])
    expect([...counts]).toEqual([
      [EPOCH, 2],
      [NEXT, 0],
    ])
    expect([...(await tested.warehouse.countRows(events.name, []))]).toEqual([])
  })

  describe('a table', () => {
    const keyOf = async (name: string) =>
      (
        await query(`SELECT a.attname AS name FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY k (num, at)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
          WHERE i.indrelid = '${name}'::regclass AND i.indisprimary ORDER BY k.at`)
      ).map(row => row['name'])
    const neverNull = async (name: string) =>
      (
        await query(`SELECT column_name FROM information_schema.columns
          WHERE table_name = '${name}' AND is_nullable = 'NO' ORDER BY 1`)
      ).map(row => row['column_name'])
    const said = async (name: string) =>
      (
        await query(
          `SELECT obj_description('${name}'::regclass) AS t, col_description('${name}'::regclass, attnum) AS c
           FROM pg_attribute WHERE attrelid = '${name}'::regclass AND attname = 'note'`,
        )
      )[0]

    test('has its key, and no NULL in it nor in what every row has', async () => {
      const [events, metric] = [eventTable(), metricTable()]
      const columns = events.columns.map(c => (c.name === 'epoch' ? { ...c, isRequired: true } : c))
      await load([
        await epochLoad({ ...events, columns, key: ['epoch', 'event_id'] }, []),
        await keysLoad(metric, []),
      ])
      expect(await keyOf(events.name)).toEqual(['epoch', 'event_id'])
      expect(await neverNull(events.name)).toEqual(['epoch', 'event_id'])
      expect(await keyOf(metric.name)).toEqual(['window_start', 'group_key'])
      expect(await neverNull(metric.name)).toEqual(['group_key', 'window_start'])
    })

    test('is described, in any words, and told when they change, without a load', async () => {
      const table = loggedTable()
      const describedAs = (description: string): WarehouseTable => ({
        ...{ ...table, description },
        columns: table.columns.map(column => ({ ...column, description })),
      })
      const words = `It's "so"; -- /* \n\t%s ${'é😀'.repeat(300)}`
      await load([await epochLoad(describedAs(words), [[...event('a'), 'r']])])
      expect(await said(table.name)).toEqual({ t: words, c: words })
      const mark = { relation: table.name, identity: '{"rows":"told"}', through: 7 }
      await settled(tested.warehouse, { name: `job ${++serial}`, loads: [], table: describedAs('New'), mark })
      expect(await said(table.name)).toEqual({ t: 'New', c: 'New' })
      expect((await tested.warehouse.marks()).find(each => each.relation === table.name)).toEqual(mark)
      expect(await query(`SELECT event_id FROM ${table.name}`)).toEqual([{ event_id: 'a' }])
    })
  })

  describe('a mark', () => {
    const marked = async (table: WarehouseTable, identity: string, through: number, ...ids: string[]) => {
      const rows = ids.map(id => [...event(id), 'r'])
      const mark = { relation: table.name, identity, through }
      await settled(tested.warehouse, {
        name: `job ${++serial}`,
        loads: [await epochLoad(table, rows)],
        mark,
      })
    }
    const markOf = async (name: string) =>
      (await tested.warehouse.marks()).find(({ relation }) => relation === name)
    const idsOf = async (name: string) =>
      (await query(`SELECT event_id FROM ${name} ORDER BY event_id`)).map(row => row['event_id'])

    test('says what is in a table, and goes with it into the place of another', async () => {
      const [old, aside] = [loggedTable(), loggedTable()]
      await marked(old, '{"rows":"old"}', 1, 'a')
      await marked(aside, '{"rows":"new"}', 2, 'b', 'c')
      await tested.warehouse.switchTo(aside.name, old.name)
      expect(await idsOf(old.name)).toEqual(['b', 'c'])
      expect(await markOf(old.name)).toEqual({ relation: old.name, identity: '{"rows":"new"}', through: 2 })
      expect(await markOf(aside.name)).toBeUndefined()
      // The next one takes its place in the same way.
      await marked(aside, '{"rows":"newer"}', 3, 'd')
      await tested.warehouse.switchTo(aside.name, old.name)
      expect(await idsOf(old.name)).toEqual(['d'])
    })

    test('is gone with the table that is given up, unless that is to stay', async () => {
      const [dropped, kept] = [loggedTable(), loggedTable()]
      for (const table of [dropped, kept]) await marked(table, '{"rows":"x"}', 1, 'a')
      await tested.warehouse.retire(dropped.name, false)
      await tested.warehouse.retire(kept.name, true)
      await expect(idsOf(dropped.name)).rejects.toThrow()
      expect(await idsOf(kept.name)).toEqual(['a'])
      expect(await markOf(kept.name)).toMatchObject({ identity: '' })
      const [said] = await query(`SELECT obj_description('${kept.name}'::regclass) AS said`)
      expect(said?.['said']).toMatch(/No longer loaded/)
    })

    test('is what a table must have: nothing of somebody else is touched, and the job says whose name it is', async () => {
      for (const make of ['TABLE', 'VIEW']) {
        const table = loggedTable()
        await query(`CREATE ${make} ${table.name} AS SELECT 42 AS answer, 'x' AS receipt`)
        await expect(marked(table, '{"rows":"x"}', 1, 'a')).rejects.toMatchObject({
          code: 'conflict',
          message: expect.stringContaining(table.name),
        })
        expect(await query(`SELECT answer FROM ${table.name}`)).toEqual([{ answer: 42 }])
      }
    })

    test('of a table that somebody has taken a column from goes on as no table', async () => {
      const table = loggedTable()
      const identity = contractIdentity('com.example.trip', table)
      await marked(table, identity, 1, 'a')
      await query(`ALTER TABLE ${table.name} ADD COLUMN ours text`)
      expect(await markOf(table.name)).toMatchObject({ identity })
      await query(`ALTER TABLE ${table.name} DROP COLUMN note`)
      const { identity: found = '' } = (await markOf(table.name)) ?? {}
      expect([goesOn(found, identity), isOfEvents(found)]).toEqual([false, true])
      // As it is filled anew, aside, and switched.
      const aside = { ...table, name: `${table.name}_new` }
      await marked(aside, identity, 1, 'a')
      await tested.warehouse.switchTo(aside.name, table.name)
      expect(await markOf(table.name)).toMatchObject({ identity })
      expect(await query(`SELECT note FROM ${table.name}`)).toHaveLength(1)
    })

    test('of a table that somebody has dropped is none', async () => {
      const table = loggedTable()
      await marked(table, '{"rows":"x"}', 1, 'a')
      await query(`DROP TABLE ${table.name}`)
      expect(await markOf(table.name)).toBeUndefined()
      await marked(table, '{"rows":"x"}', 1, 'a')
      expect(await idsOf(table.name)).toEqual(['a'])
    })
  })

  describe('a load', () => {
    test('replaces the rows of one epoch only, however often it is repeated', async () => {
      const table = eventTable()
      const put = async (epoch: number, ...ids: string[]) =>
        load([
          await epochLoad(
            table,
            ids.map(id => event(id, { epoch })),
            epoch,
          ),
        ])
      await put(EPOCH, 'a', 'b')
      await put(NEXT, 'c')
      await put(EPOCH, 'a', 'd')
      await put(EPOCH, 'a', 'd')
      const rows = await query(`SELECT event_id FROM ${table.name} ORDER BY event_id`)
      expect(rows.map(row => row['event_id'])).toEqual(['a', 'c', 'd'])
    })

    test('replaces the rows of a metric that have the same key', async () => {
      const table = metricTable()
      const at = '2026-01-01T10:00:00Z'
      await load([
        await keysLoad(table, [
          [at, 1, 0.5, '{"city":"a"}'],
          [at, 2, null, '{}'],
        ]),
      ])
      await load([await keysLoad(table, [[at, 3, 0.75, '{}']])])
      await load([await keysLoad(table, [[at, 3, 0.75, '{}']])])
      const rows = await query(`SELECT group_key, count, mean FROM ${table.name} ORDER BY count`)
      expect(rows).toEqual([
        { group_key: '{"city":"a"}', count: '1', mean: 0.5 },
        { group_key: '{}', count: '3', mean: 0.75 },
      ])
    })

    test('takes rows of a metric whose groups are as long as groups can be', async () => {
      const table = metricTable()
      const at = '2026-01-01T10:00:00Z'
      // Of texts that no engine makes shorter.
      const groups = [LONGEST_KEY - 10, LONGEST_KEY + 1, 100_000].map(length =>
        JSON.stringify({ a: randomBytes(length).toString('base64url').slice(0, length) }),
      )
      for (const n of [1, 2])
        await load([
          await keysLoad(
            table,
            groups.map(group => [at, n, null, groupKey(group)]),
          ),
        ])
      const rows = await query(
        `SELECT count(*) AS rows, count(DISTINCT group_key) AS groups FROM ${table.name}`,
      )
      expect(rows).toEqual([{ rows: '3', groups: '3' }])
    })

    test('takes away the rows of a metric whose keys are gone', async () => {
      const table = metricTable()
      const at = '2026-01-01T10:00:00Z'
      const rows = [at, '2026-01-01T11:00:00Z'].map(window => [window, 1, 0.5, '{}'])
      await load([await keysLoad(table, rows)])
      const keys = keysOfTable(table)
      const gone = { table: keys, csv: await csvFile(tested, keys, [[at, '{}']]), replaces: { kind: 'gone' } }
      await load([await keysLoad(table, [[at, 2, 1, '{"city":"a"}']]), gone as WarehouseLoad])
      const found = await query(`SELECT group_key, count FROM ${table.name} ORDER BY count`)
      expect(found).toEqual([
        { group_key: '{}', count: '1' },
        { group_key: '{"city":"a"}', count: '2' },
      ])
    })

    test('keeps quotes, line ends, empty strings, NULL, decimals, instants and any JSON apart', async () => {
      const table = eventTable()
      const texts = ['', null, '\\N', 'NULL', ' ', ' a ', ':', '"', ',', '\r\n', 'say "hi",\n\\.\nend', '😀é']
      const rows = texts.map((note, i) => event(`${i}`.padStart(2, '0'), { note }))
      const rich = event('z', { note: 'n', distance: '-12.345', extra: '{"nul":"\\u0000"}' })
      await load([await epochLoad(table, [...rows, rich])])
      const found = await query(`SELECT note, distance, extra FROM ${table.name} ORDER BY event_id`)
      expect(found).toEqual([
        ...texts.map(note => ({ note, distance: null, extra: null })),
        { note: 'n', distance: '-12.345', extra: '{"nul":"\\u0000"}' },
      ])
      const instant = await query(
        `SELECT extract(epoch FROM event_time)::text AS at FROM ${table.name} WHERE event_id = 'z'`,
      )
      expect(instant).toEqual([{ at: '1767261600.123456' }])
    })

    test('stores a NUL character as U+FFFD, wherever it stands', async () => {
      const table = eventTable()
      await load([await epochLoad(table, [event('a', { note: '\0x\0\0y\0' })])])
      const [row] = await query(`SELECT note FROM ${table.name}`)
      expect(row?.['note']).toBe('\uFFFDx\uFFFD\uFFFDy\uFFFD')
    })

    test('loads all tables or none', async () => {
      const [good, bad] = [eventTable(), eventTable()]
      await load([await epochLoad(good, [event('old')])])
      const loads = [
        await epochLoad(good, [event('new')]),
        await epochLoad(bad, [event('x', { distance: 'not a number' })]),
      ]
      await expect(load(loads)).rejects.toMatchObject({
        code: 'corrupt_data',
        retryable: false,
        cause: expect.any(Error),
      })
      expect(await query(`SELECT event_id FROM ${good.name}`)).toEqual([{ event_id: 'old' }])
    })

    test('loads many tables in one transaction', async () => {
      const tables = Array.from({ length: 14 }, eventTable)
      const loads = await Promise.all(tables.map(table => epochLoad(table, [event('a')])))
      await load(loads)
      const bad = await epochLoad(eventTable(), [event('x', { distance: 'not a number' })])
      const again = await Promise.all(tables.map(table => epochLoad(table, [event('b')])))
      await expect(load([...again, bad])).rejects.toMatchObject({ code: 'corrupt_data' })
      for (const { name } of tables)
        expect(await query(`SELECT event_id FROM ${name}`)).toEqual([{ event_id: 'a' }])
    })

    test('reports a CSV file that is not there, and works on afterwards', async () => {
      const table = eventTable()
      const replaces = { kind: 'epoch', epoch: EPOCH } as const
      await expect(load([{ table, csv: '/nowhere/rows.csv', replaces }])).rejects.toMatchObject({
        code: 'storage_failed',
        message: expect.stringContaining('nowhere/rows.csv'),
      })
      await load([await epochLoad(table, [event('a')])])
      expect(await query(`SELECT event_id FROM ${table.name}`)).toHaveLength(1)
    })

    test('lets readers see the old or the new rows at any moment, and never makes them wait', async () => {
      const table = eventTable()
      const size = 20_000
      const put = async (note: string) =>
        load([
          await epochLoad(
            table,
            Array.from({ length: size }, (_, i) => event(`e${i}`, { note })),
          ),
        ])
      await put('old')
      let loading = true
      const done = put('new').finally(() => (loading = false))
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

    test('never interleaves with another of the same rows', async () => {
      const table = eventTable()
      await load([await epochLoad(table, [])])
      const put = async (note: string) =>
        load([
          await epochLoad(
            table,
            Array.from({ length: 2000 }, (_, i) => event(`e${i}`, { note })),
          ),
        ])
      await Promise.all(['a', 'b', 'c', 'd'].map(put))
      const found = await query(`SELECT note, count(*) AS n FROM ${table.name} GROUP BY note`)
      expect(found).toEqual([{ note: expect.stringMatching(/^[abcd]$/), n: '2000' }])
    })
  })
}
