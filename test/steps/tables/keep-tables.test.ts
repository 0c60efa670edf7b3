import { rm, stat } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { currentSnapshot } from '../../../core/iceberg/table-metadata.ts'
import { query } from '../../../core/sql/query.ts'
import type { TablePorts } from '../../../steps/tables/table-head.ts'
import { tableMarks } from '../../../steps/tables/table-marks.ts'
import {
  buy,
  createWorld,
  EPOCH,
  iso,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visits,
  type World,
} from '../batch/batch-kit.ts'
import { portsOf, runBackfill, runBatch } from '../batch/batch-run.ts'
import { filesOf, metadataOf, ORDERS, tablesOf } from './tables-kit.ts'

const pipeline = pipelineOf([orders, visits])

let world: World
let tables: TablePorts
const ports = () => ({ ...portsOf(world, pipeline), tables })

beforeEach(async () => {
  world = await createWorld(pipeline)
  tables = tablesOf(world)
})
afterEach(() => world.dispose())

/** Sends events in an epoch of T0 and runs a batch after it. */
async function epoch(n: number, run: string, seed = n) {
  await world.send(T0 + n * EPOCH, someEvents(seed))
  world.clock = T0 + (n + 1) * EPOCH
  return runBatch(ports(), run)
}

/** Rows of the curated lake by epoch. */
async function curatedRows(): Promise<Record<string, number>> {
  const parts = (await world.lake.list('curated/type=com.example.order')).map(({ path }) => path)
  const scan = world.engine.dialect.scan([{ kind: 'curated', type: 'com.example.order', epoch: 0, parts }])
  const rows = await world.engine.session(session =>
    session.rows(query`SELECT epoch_ms(epoch) AS epoch, count(*) AS n FROM ${scan} AS c GROUP BY 1`),
  )
  return Object.fromEntries(rows.map(row => [iso(Number(row['epoch'])), Number(row['n'])]))
}

async function tableRows(at = -1): Promise<Record<string, number>> {
  const { snapshots } = await metadataOf(tables)
  const rows: Record<string, number> = {}
  for (const { epoch, rows: n } of await filesOf(tables, snapshots!.at(at)!))
    rows[iso(epoch)] = (rows[iso(epoch)] ?? 0) + n
  return rows
}

const summaries = async () => (await metadataOf(tables)).snapshots!.map(({ summary }) => summary)

describe('the table of a metric', () => {
  const PARTIALS = { namespace: 'partials', table: 'orders_daily' }
  const rowsOf = async () => {
    const { snapshots } = await metadataOf(tables, PARTIALS)
    const rows: Record<string, number> = {}
    for (const { epoch, rows: n } of await filesOf(tables, snapshots!.at(-1)!)) rows[iso(epoch)] = n
    return rows
  }
  async function partialRows(id: string) {
    const rows: Record<string, number> = {}
    for (const { path } of await world.lake.list(`partials/metric=${id}`)) {
      const epoch = /epoch=(\d{4})(\d\d)(\d\d)T(\d\d)/.exec(path)!.slice(1, 5)
      const scan = world.engine.dialect.scan([{ kind: 'partials', metric: id, epoch: 0, parts: [path] }])
      const [row] = await world.engine.session(s => s.rows(query`SELECT count(*) AS n FROM ${scan} AS p`))
      rows[`${epoch.slice(0, 3).join('-')}T${epoch[3]}:00:00.000Z`] = Number(row!['n'])
    }
    return rows
  }

  test('has the partials of each epoch, and names columns as their files do', async () => {
    const [metric] = pipeline.metrics
    await epoch(0, 'run-a')
    await epoch(1, 'run-b')
    await world.send(T0, [buy('late')])
    await runBackfill(ports(), { from: iso(T0), to: iso(T0 + EPOCH) }, 'backfill-a')
    expect(await rowsOf()).toEqual(await partialRows(metric!.id))
    const { snapshots, schemas } = await metadataOf(tables, PARTIALS)
    expect(snapshots!.map(({ summary }) => summary['tributary.run'])).toEqual([
      'run-a',
      'run-b',
      'backfill-a',
    ])
    const names = schemas.at(-1)!.fields.map(({ name }) => name)
    expect(names).toEqual(['epoch', 'window', 'group', ...metric!.cells.map(({ name }) => name)])
  })

  test('is made anew where the metric is declared to be another', async () => {
    await epoch(0, 'run-a')
    const before = await metadataOf(tables, PARTIALS)
    const other = pipelineOf([{ ...orders, by: [] }, visits])
    world.evolve(other)
    await world.send(T0 + EPOCH, someEvents(1))
    world.clock = T0 + 2 * EPOCH
    const declared = { ...portsOf(world, other), tables }
    for (const run of ['run-b', 'run-c']) await runBatch(declared, run)
    const after = await metadataOf(tables, PARTIALS)
    expect(after['table-uuid']).not.toBe(before['table-uuid'])
    expect(await rowsOf()).toEqual(await partialRows(other.metrics[0]!.id))
  })
})

describe('the table of an event type', () => {
  test('has each epoch from the run on that published it, in a snapshot named after that run', async () => {
    await epoch(0, 'run-a')
    await epoch(1, 'run-b')
    await epoch(2, 'run-c')
    expect(await summaries()).toMatchObject([
      { operation: 'append', 'tributary.run': 'run-a', 'tributary.epoch': '20261101T000000Z' },
      { operation: 'append', 'tributary.run': 'run-b', 'tributary.epoch': '20261101T010000Z' },
      { operation: 'append', 'tributary.run': 'run-c', 'tributary.epoch': '20261101T020000Z' },
    ])
    expect(await tableRows()).toEqual(await curatedRows())
    expect(Object.keys(await tableRows(0))).toEqual([iso(T0)])
    expect(await tableMarks(world.lake)).toEqual([])
  })

  test('has the rows of an epoch as they are computed again, and as they were in the snapshots before', async () => {
    await epoch(0, 'run-a')
    await epoch(1, 'run-b')
    const before = await tableRows()
    await world.send(T0, [buy('late')])
    await runBackfill(ports(), { from: iso(T0), to: iso(T0 + EPOCH) }, 'backfill-a')
    const [, , last] = await summaries()
    expect(last).toMatchObject({ operation: 'overwrite', 'tributary.run': 'backfill-a' })
    expect(await tableRows()).toEqual(await curatedRows())
    expect((await tableRows())[iso(T0)]).toBe(before[iso(T0)]! + 1)
    expect(await tableRows(1)).toEqual(before)
    const { snapshots } = await metadataOf(tables)
    for (const snapshot of snapshots!)
      for (const { path } of await filesOf(tables, snapshot))
        expect((await stat(path)).size).toBeGreaterThan(0)
  })

  test('stays as it is where nothing was published', async () => {
    await epoch(0, 'run-a')
    const location = await tables.catalog.location(ORDERS)
    const reports = await runBatch(ports(), 'run-b')
    expect(reports.filter(report => Object.hasOwn(report, 'tables'))).toEqual([])
    expect(await tables.catalog.location(ORDERS)).toBe(location)
  })

  test('is filled from the curated lake where it is not there, and gone on with', async () => {
    const without = portsOf(world, pipeline)
    for (const n of [0, 1, 2]) {
      await world.send(T0 + n * EPOCH, someEvents(n))
      world.clock = T0 + (n + 1) * EPOCH
      await runBatch(without, `before-${n}`)
    }
    await epoch(3, 'run-a')
    expect(await summaries()).toMatchObject([
      { 'tributary.epochs': '20261101T000000Z/20261101T010000Z', 'tributary.epoch-count': '2' },
      { 'tributary.run': 'before-2', 'tributary.epoch': '20261101T020000Z' },
      { 'tributary.run': 'run-a', 'tributary.epoch': '20261101T030000Z' },
    ])
    expect(await tableRows()).toEqual(await curatedRows())
  })

  test('is made anew where its files are gone', async () => {
    await epoch(0, 'run-a')
    await rm(world.file('tables'), { recursive: true })
    await epoch(1, 'run-b')
    expect(await tableRows()).toEqual(await curatedRows())
  })

  test('loses an epoch that the curated lake has no longer', async () => {
    await epoch(0, 'run-a')
    await epoch(1, 'run-b')
    await world.lake.remove('curated/type=com.example.order/tbepoch=20261101T000000Z')
    await world.lake.put('table-marks/type=com.example.order/epoch=20261101T000000Z,run=retention-a.mark', [])
    await runBatch(ports(), 'run-c')
    expect((await summaries()).at(-1)).toMatchObject({ operation: 'delete', 'tributary.run': 'retention-a' })
    expect(Object.keys(await tableRows())).toEqual([iso(T0 + EPOCH)])
  })

  test('loses the epochs that its contract keeps no longer, in one snapshot', async () => {
    for (const n of [0, 1, 2]) await epoch(n, `run-${n}`)
    const curated = 'retention/type=com.example.order/curated=20261101T020000Z,made=20261101T030000Z.mark'
    await world.lake.put(curated, [])
    await runBatch(ports(), 'run-c')
    expect((await summaries()).at(-1)).toMatchObject({ operation: 'delete', 'tributary.run': 'run-c' })
    expect(Object.keys(await tableRows())).toEqual([iso(T0 + 2 * EPOCH)])
    expect(await summaries()).toHaveLength(4)
    await runBatch(ports(), 'run-d')
    expect(await summaries()).toHaveLength(4)
  })

  test('has columns of the contract with ids that stay, and none of the helpers', async () => {
    await epoch(0, 'run-a')
    const metadata = await metadataOf(tables)
    const [schema] = metadata.schemas
    expect(schema!.fields.map(({ id, name, type }) => `${id} ${name} ${String(type)}`)).toEqual([
      ...['1 event_id string', '2 event_source string', '3 event_time timestamptz'],
      ...['4 received_at timestamptz', '5 receipt string', '6 epoch timestamptz'],
      ...['7 customer long', '8 country string', '9 amount decimal(18, 2)'],
    ])
    expect(metadata.schemas).toHaveLength(1)
  })

  test('is no reason for numbers to wait: what cannot be brought is reported, and brought by the next run', async () => {
    const commit = tables.catalog.commit
    const failing = { ...tables.catalog, commit: async () => Promise.reject(new Error('no answer')) }
    tables = { ...tables, catalog: failing }
    const reports = await epoch(0, 'run-a')
    expect(reports).toContainEqual(
      expect.objectContaining({
        tables: expect.objectContaining({
          behind: expect.objectContaining({
            'curated.order': 'no answer',
            'partials.orders_daily': 'no answer',
          }),
        }),
      }),
    )
    tables = { ...tables, catalog: { ...failing, commit } }
    await epoch(1, 'run-b')
    expect(await summaries()).toMatchObject([{ 'tributary.run': 'run-a' }, { 'tributary.run': 'run-b' }])
    expect(await tableRows()).toEqual(await curatedRows())
  })

  test('of somebody else with the same name is left alone', async () => {
    await epoch(0, 'run-a')
    const other = await tables.catalog.location({ namespace: 'curated', table: 'visit' })
    await tables.catalog.commit(ORDERS, await tables.catalog.location(ORDERS), other!)
    const reports = await epoch(1, 'run-b')
    expect(JSON.stringify(reports)).toContain('curated.order is that of curated:com.example.visit')
    expect(await tables.catalog.location(ORDERS)).toBe(other)
  })

  test('names its snapshots so that the current one is the last', async () => {
    await epoch(0, 'run-a')
    await epoch(1, 'run-b')
    const metadata = await metadataOf(tables)
    expect(currentSnapshot(metadata)).toBe(metadata.snapshots!.at(-1))
  })
})
