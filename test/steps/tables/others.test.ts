import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { theseEpochs } from '../../../core/iceberg/manifest.ts'
import { type TableMetadata, writeTable } from '../../../core/iceberg/table-metadata.ts'
import type { TablePorts } from '../../../steps/tables/table-head.ts'
import { tableMarks } from '../../../steps/tables/table-marks.ts'
import { writeSnapshot } from '../../../steps/tables/write-snapshot.ts'
import { buy, createWorld, EPOCH, iso, orders, pipelineOf, T0, type World } from '../batch/batch-kit.ts'
import { portsOf, runBackfill, runBatch } from '../batch/batch-run.ts'
import { filesOf, metadataOf, ORDERS, tablesOf } from './tables-kit.ts'

/** What somebody else changes in a table; with Spark and pyiceberg in test/engines/iceberg/. */

const pipeline = pipelineOf([orders])
let world: World
let tables: TablePorts
const ports = () => ({ ...portsOf(world, pipeline), tables })
const first = { from: iso(T0), to: iso(T0 + EPOCH) }

beforeEach(async () => {
  world = await createWorld(pipeline)
  tables = tablesOf(world)
  for (const n of [0, 1]) await epoch(n)
})
afterEach(() => world.dispose())

async function epoch(n: number) {
  await world.send(T0 + n * EPOCH, [buy(`a${n}`), buy(`b${n}`)])
  world.clock = T0 + (n + 1) * EPOCH
  return runBatch(ports(), `run-${n}`)
}

/** Another engine takes the rows of an epoch out of the table, or only writes its files anew. */
async function another(operation: 'delete' | 'replace') {
  const before = await metadataOf(tables)
  const change = { epochs: theseEpochs([T0]), files: [] }
  await put(await writeSnapshot(tables, before, change, { operation, 'engine-name': 'spark' }))
}

async function put(metadata: TableMetadata) {
  const location = await tables.catalog.location(ORDERS)
  const next = `${metadata.location}/metadata/${tables.newUuid()}.metadata.json`
  await tables.files.write(next, writeTable(metadata))
  await tables.catalog.commit(ORDERS, location, next)
}

async function epochsOf() {
  const { snapshots } = await metadataOf(tables)
  return (await filesOf(tables, snapshots!.at(-1)!)).map(file => `${iso(file.epoch)} ${file.rows}`).sort()
}

const tablesIn = (reports: readonly Record<string, unknown>[]) =>
  reports.flatMap(report => (report['tables'] === undefined ? [] : [report['tables']]))

describe('rows that another engine has changed', () => {
  test('are noticed by the next run, which goes on behind them', async () => {
    await another('delete')
    const [found] = tablesIn(await epoch(2))
    expect(found).toMatchObject({
      changed: { 'curated.order': [{ engine: 'spark', operation: 'delete', epochs: [T0] }] },
    })
    expect(await epochsOf()).toEqual([`${iso(T0 + EPOCH)} 2`, `${iso(T0 + 2 * EPOCH)} 2`])
    expect((await metadataOf(tables)).properties['tributary.changed']).toBe('20261101T000000Z')
    expect(tablesIn(await runBatch(ports(), 'run-x'))).toEqual([])
  })

  test('are not overwritten when their epoch is computed again, and are said to be left', async () => {
    await another('delete')
    await world.send(T0, [buy('late')])
    const found = tablesIn(await runBackfill(ports(), first, 'backfill-a'))
    expect(found).toContainEqual(expect.objectContaining({ left: { 'curated.order': ['20261101T000000Z'] } }))
    expect(await epochsOf()).toEqual([`${iso(T0 + EPOCH)} 2`])
    expect(await tableMarks(world.lake)).toMatchObject([{ epoch: T0, run: 'backfill-a' }])
  })

  test('are told of each epoch that is left', async () => {
    const before = await metadataOf(tables)
    const change = { epochs: theseEpochs([T0, T0 + EPOCH]), files: [] }
    await put(await writeSnapshot(tables, before, change, { operation: 'delete', trino_query_id: 'q' }))
    for (const n of [0, 1]) await world.send(T0 + n * EPOCH, [buy(`late${n}`)])
    const reports = tablesIn(
      await runBackfill(ports(), { from: iso(T0), to: iso(T0 + 2 * EPOCH) }, 'backfill-a'),
    )
    expect(reports).toContainEqual(
      expect.objectContaining({
        changed: { 'curated.order': [expect.objectContaining({ engine: 'trino' })] },
      }),
    )
    await runBatch(ports(), 'run-x').then(more => reports.push(...tablesIn(more)))
    expect(reports.at(-1)).toMatchObject({
      left: { 'curated.order': ['20261101T000000Z', '20261101T010000Z'] },
    })
  })

  test('are what was published once they are given back', async () => {
    await another('delete')
    await world.send(T0, [buy('late')])
    await runBackfill(ports(), first, 'backfill-a')
    const { properties, ...metadata } = await metadataOf(tables)
    const { 'tributary.changed': _, ...rest } = properties
    await put({ ...metadata, properties: rest })
    await runBatch(ports(), 'run-x')
    expect(await epochsOf()).toEqual([`${iso(T0)} 3`, `${iso(T0 + EPOCH)} 2`])
    expect(await tableMarks(world.lake)).toEqual([])
    expect((await metadataOf(tables)).snapshots!.at(-1)!.summary).toMatchObject({
      'tributary.run': 'backfill-a',
    })
  })

  test('are no others where only files were written anew', async () => {
    await another('replace')
    expect(JSON.stringify(tablesIn(await epoch(2)))).not.toContain('changed')
    expect((await metadataOf(tables)).properties['tributary.changed']).toBeUndefined()
  })
})
