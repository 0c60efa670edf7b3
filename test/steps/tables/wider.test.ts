import { stat } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { currentSchema, writeTable } from '../../../core/iceberg/table-metadata.ts'
import { curatedTable } from '../../../core/lake/open-table.ts'
import { query } from '../../../core/sql/query.ts'
import { createKeepTables } from '../../../steps/tables/keep-tables.ts'
import { removeOrphans } from '../../../steps/tables/remove-orphans.ts'
import type { TablePorts } from '../../../steps/tables/table-head.ts'
import { memoryCatalog } from '../../memory-catalog.ts'
import {
  createWorld,
  EPOCH,
  iso,
  order,
  orders,
  pipelineOf,
  T0,
  visit,
  type World,
} from '../batch/batch-kit.ts'
import { portsOf, runBackfill, runBatch } from '../batch/batch-run.ts'
import { filesOf, metadataOf, ORDERS, tablesOf } from './tables-kit.ts'

/** A column that became another type: more decimal places, which Iceberg cannot read as the same. */

const EPOCHS = 3
const before = pipelineOf([orders])
const wider = pipelineOf([orders], [{ ...order, scale: 4 }, visit])
const widest = pipelineOf([orders], [{ ...order, scale: 6 }, visit])

let world: World
let tables: TablePorts
beforeEach(async () => {
  world = await createWorld(before)
  tables = tablesOf(world)
  for (let n = 0; n < EPOCHS; n++) await epoch(n, before)
})
afterEach(() => world.dispose())

async function epoch(n: number, pipeline: typeof before) {
  const data = { customer: n, country: 'de', amount: n + 0.25 }
  const event = { type: order.type, id: `e${n}`, time: iso(T0 + n * EPOCH), data }
  await world.send(T0 + n * EPOCH, [event, { ...event, id: `f${n}` }])
  world.clock = T0 + (n + 1) * EPOCH
  const ports = { ...portsOf(world, pipeline), tables }
  return runBatch(ports, `run-${n}`)
}

/** One turn of what runs do for tables, a few epochs at a time. */
async function turn(
  atMost: number,
  pipeline = wider,
  ports: Partial<Parameters<typeof createKeepTables>[0]> = {},
) {
  const keep = createKeepTables({ ...portsOf(world, pipeline), tables, atMost, ...ports })
  return (await keep({ run: 'later', isFirst: true })).tables ?? {}
}

/** Rows by epoch, and the amounts that the data files have under the type of the column. */
async function shown(from: TablePorts = tables) {
  const metadata = await metadataOf(from)
  const files = await filesOf(from, metadata.snapshots!.at(-1)!)
  const column = currentSchema(metadata).fields.find(({ name }) => name === 'amount')!
  const types = new Set<string>()
  for (const { path } of files) {
    const scan = query`DESCRIBE SELECT amount FROM read_parquet(${`'${path}'`})`
    for (const row of await world.engine.session(session => session.rows(scan)))
      types.add(String(row['column_type']).toLowerCase().replace(',', ', '))
  }
  return {
    rows: Object.fromEntries(files.map(({ epoch, rows }) => [iso(epoch), rows])),
    column: column.type,
    types: [...types],
  }
}

const OLD = { column: 'decimal(18, 2)', types: ['decimal(18, 2)'] }
const NEW = { column: 'decimal(18, 4)', types: ['decimal(18, 4)'] }
const rowsOf = (epochs: number) =>
  Object.fromEntries(Array.from({ length: epochs }, (_, n) => [iso(T0 + n * EPOCH), 2]))

test('it is filled anew beside itself and switched, and the run says so', async () => {
  world.evolve(wider)
  const reports = await epoch(EPOCHS, wider)
  expect(reports).toContainEqual(
    expect.objectContaining({
      tables: expect.objectContaining({ renewed: { 'curated.order': ['amount'] } }),
    }),
  )
  await turn(200)
  expect(await shown()).toEqual({ rows: rowsOf(EPOCHS + 1), ...NEW })
  expect(await turn(200)).toEqual({})
  expect((await metadataOf(tables)).properties['tributary.successor']).toBeUndefined()
})

test('readers see the table of before, whole, until the one that follows has every epoch', async () => {
  const uuid = (await metadataOf(tables))['table-uuid']
  for (let n = 1; n <= EPOCHS; n++) {
    const told = await turn(1)
    expect(told).toMatchObject({ committed: { 'curated.order': 1 } })
    expect(await shown()).toEqual({ rows: rowsOf(EPOCHS), ...OLD })
    expect((await metadataOf(tables))['table-uuid']).toBe(uuid)
  }
  expect(await turn(1)).toMatchObject({ renewed: { 'curated.order': ['amount'] } })
  expect(await shown()).toEqual({ rows: rowsOf(EPOCHS), ...NEW })
  expect((await metadataOf(tables))['table-uuid']).not.toBe(uuid)
})

test('an epoch that is computed again while it is filled is as it is computed then', async () => {
  await turn(1)
  const late = { type: order.type, id: 'late', time: iso(T0), data: { customer: 1, amount: 1.1234 } }
  world.evolve(wider)
  await world.send(T0, [late])
  const ports = { ...portsOf(world, wider), tables }
  await runBackfill(ports, { from: iso(T0), to: iso(T0 + EPOCH) }, 'backfill-a')
  for (let n = 0; n < 2; n++) await turn(200)
  expect(await shown()).toEqual({ rows: { ...rowsOf(EPOCHS), [iso(T0)]: 3 }, ...NEW })
})

test('what is filled beside it is no orphan, and what was before goes', async () => {
  let clock = Date.now()
  const now = () => clock
  const table = curatedTable(wider.latest.get(order.type)!, [order.type, visit.type])
  await turn(1)
  for (let n = 0; n < 3; n++) {
    clock += 25 * EPOCH
    await removeOrphans({ ...tables, now, lake: world.lake }, table)
  }
  for (let n = 0; n < EPOCHS; n++) await turn(1)
  expect(await shown()).toEqual({ rows: rowsOf(EPOCHS), ...NEW })
  let removed = 0
  for (let n = 0; n < 3; n++) {
    clock += 25 * EPOCH
    removed += (await removeOrphans({ ...tables, now, lake: world.lake }, table)) ?? 0
  }
  expect(removed).toBeGreaterThan(EPOCHS)
  for (const { path } of await filesOf(tables, (await metadataOf(tables)).snapshots!.at(-1)!))
    expect((await stat(path)).size).toBeGreaterThan(0)
})

test('one that widens again while it is filled is begun again', async () => {
  await turn(1)
  for (let n = 0; n < 2; n++) await turn(200, widest)
  expect(await shown()).toMatchObject({
    rows: rowsOf(EPOCHS),
    column: 'decimal(18, 6)',
    types: ['decimal(18, 6)'],
  })
})

test('one that is declared as before again stays as it is', async () => {
  await turn(1)
  await epoch(EPOCHS, before)
  await turn(200, before)
  expect(await shown()).toEqual({ rows: rowsOf(EPOCHS + 1), ...OLD })
  expect((await metadataOf(tables)).properties['tributary.successor']).toBeUndefined()
})

test.each([
  ['rows that somebody else has changed', { properties: { 'tributary.changed': '20261101T000000Z' } }],
  ['"closing" of somebody', { properties: {}, refs: { closing: { type: 'tag' } } }],
])('it is not taken from anybody: %s is told, and kept', async (what, theirs) => {
  const metadata = await metadataOf(tables)
  const { properties } = metadata
  const others = { ...metadata, ...theirs, properties: { ...properties, ...theirs.properties } }
  const next = `${metadata.location}/metadata/99-theirs.metadata.json`
  await tables.files.write(next, writeTable(others))
  await tables.catalog.commit(ORDERS, await tables.catalog.location(ORDERS), next)
  const { behind } = (await turn(200)) as { behind: Record<string, string> }
  expect(behind['curated.order']).toContain(what)
  expect(await tables.catalog.location(ORDERS)).toBe(next)
})

test('cut off anywhere, it is one of the two, and the next run ends it', { timeout: 120_000 }, async () => {
  class Killed extends Error {}
  let at = 0
  for (; ; at++) {
    const fresh = { ...tablesOf(world), catalog: memoryCatalog() }
    const name = await tables.catalog.location(ORDERS)
    await fresh.catalog.commit(ORDERS, undefined, name!)
    let calls = 0
    const deadly =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        if (calls > at) throw new Killed('dead already')
        const mine = calls++
        if (mine === at && at % 2 === 0) throw new Killed('before')
        const result = await call(...args)
        if (mine === at) throw new Killed('after')
        return result
      }
    const { catalog, files } = fresh
    const dying = {
      ...fresh,
      catalog: { ...catalog, commit: deadly(catalog.commit) },
      files: { ...files, keep: deadly(files.keep), write: deadly(files.write) },
    }
    for (let n = 0; n < 3 && calls <= at; n++) await turn(2, wider, { tables: dying })
    const seen = await shown(fresh)
    expect([OLD, NEW]).toContainEqual({ column: seen.column, types: seen.types })
    expect(seen.rows).toEqual(rowsOf(EPOCHS))
    for (let n = 0; n < 3; n++) await turn(2, wider, { tables: fresh })
    expect(await shown(fresh), `killed at ${at}`).toEqual({ rows: rowsOf(EPOCHS), ...NEW })
    if (calls <= at) break
  }
  expect(at).toBeGreaterThan(10)
})
