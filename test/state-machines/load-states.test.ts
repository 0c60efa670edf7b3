import { chmod, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { TributaryError } from '../../core/errors.ts'
import { readableColumns } from '../../core/lake/readable-columns.ts'
import type { Run } from '../../core/ports/runs.ts'
import type { Warehouse } from '../../core/ports/warehouse.ts'
import { query } from '../../core/sql/query.ts'
import type { EmbeddedPostgres } from '../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import { createRedshiftWarehouse } from '../../drivers/warehouse/redshift/redshift.ts'
import { loaderOf, makeRoles as makeRedshiftRoles } from '../../drivers/warehouse/redshift/roles.ts'
import {
  aggregate,
  awaitRaw,
  certify,
  commit,
  loadWarehouse,
  makeRoles,
  plan,
  publish,
  reconcile,
  refine,
  runModels,
  sweep,
} from '../../functions/batch/tasks.ts'
import type { StateMachineDefinition } from '../../local/batch/asl.ts'
import { createRunner, type Runner } from '../../local/batch/state-machine-runner.ts'
import { type RedshiftServer, startRedshift } from '../drivers/warehouse/redshift/server.ts'
import { ADMINISTERS, BUCKET, REDSHIFT_IN_POSTGRES, ROLE } from '../drivers/warehouse/redshift/to-postgres.ts'
import { openServer, removeFolder, rowsOf, temporaryFolder } from '../drivers/warehouse/server.ts'
import { recordedIn } from '../recorded-runs.ts'
import {
  createWorld,
  EPOCH,
  large,
  order,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visits,
  type World,
} from '../steps/batch/batch-kit.ts'
import { portsOf } from '../steps/batch/batch-run.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'state-machines')
const read = async (name: string) =>
  JSON.parse(await readFile(join(FOLDER, `${name}.asl.json`), 'utf8')) as StateMachineDefinition
const machines = { batch: await read('batch'), warehouse: await read('warehouse') }
const pipeline = pipelineOf([orders, large, visits])

const LOADER = loaderOf('tributary-test-LoadWarehouseRole')
const OWNER = {
  ...{ schema: 'public', platform: 'p1' },
  reader: { role: 'bi', columns: readableColumns(pipeline) },
}

let folder: string
let postgres: EmbeddedPostgres
let server: RedshiftServer
let world: World
let runner: Runner

/** A warehouse that was just made: the administrator, and nobody else. */
async function switchOn(): Promise<void> {
  folder = await temporaryFolder()
  postgres = await openServer(join(folder, 'data'), ADMINISTERS)
  await rowsOf(postgres.url, REDSHIFT_IN_POSTGRES)
  server = await startRedshift(postgres.url, LOADER)
}
async function switchOff(): Promise<void> {
  await server?.close()
  await postgres?.stop()
  await removeFolder(folder)
}
beforeAll(switchOn)
afterAll(switchOff)
beforeEach(async () => {
  world = await createWorld(pipeline)
  // PostgreSQL, of another account, reads the files of the lake.
  await chmod(dirname(world.file('')), 0o755)
})
afterEach(async () => {
  await runner.drain()
  await world.dispose()
})

const loadedRows = (sql: string) => rowsOf(postgres.url, sql)

const plain = (row: object) => Object.values(row).map(String)

/** What the lake holds of orders, and what the warehouse does. */
async function curatedOrders() {
  const rows = await world.engine.session(session =>
    session.rows(
      query`SELECT count(*) AS n, count(country) AS country, count(nullif(country, '')) AS named, sum(amount)::VARCHAR AS amount
       FROM read_parquet('${world.file('curated')}/type=${order.type}/**/*.parquet', union_by_name = true)`,
    ),
  )
  return rows.map(plain)
}
async function loadedOrders() {
  const rows = await loadedRows(
    `SELECT count(*) AS n, count(country) AS country, count(nullif(country, '')) AS named, sum(amount)::text AS amount FROM "order"`,
  )
  return rows.map(plain)
}

/** A batch, and the loads that it starts. */
async function finished(warehouse: Warehouse): Promise<{ batch: Run; load: Run }> {
  const ports = { ...portsOf(world, pipeline), warehouse, exportRows: warehouse.texts }
  const runs = new Map<string, Run>()
  runner = createRunner({
    machines,
    handlers: {
      PlanFunctionArn: plan(ports),
      PlanBackfillFunctionArn: () => ({}),
      AwaitRawFunctionArn: awaitRaw(ports),
      RefineFunctionArn: refine(ports),
      AggregateFunctionArn: aggregate(ports),
      ReconcileFunctionArn: reconcile(ports),
      PublishFunctionArn: publish(ports),
      MakeRolesFunctionArn: makeRoles({ makeRoles: () => makeRedshiftRoles(asAdmin(), OWNER, LOADER) }),
      LoadWarehouseFunctionArn: loadWarehouse(ports),
      CommitFunctionArn: commit(ports),
      CertifyFunctionArn: certify(ports),
      RunModelsFunctionArn: runModels(ports),
      SweepFunctionArn: sweep(ports),
    },
    runs: recordedIn(runs),
    log: { error: () => {} },
    now: () => world.clock,
    newId: () => `run-${runs.size}`,
  })
  const end = async (id: string) => {
    for await (const _ of runner.follow(id));
    return runs.get(id)!
  }
  const batch = await end((await runner.start('batch', {})).id)
  const load = await end([...runs.values()].find(({ machine }) => machine === 'warehouse')!.id)
  return { batch, load }
}

const asLoader = () => ({ client: server.client, workgroup: 'tributary-test', database: 'tributary' })
const asAdmin = () => ({ ...asLoader(), secret: 'redshift!tributary-test' })

/** As the function that loads has it: without a secret. */
const redshift = () =>
  createRedshiftWarehouse({
    ...{ ...asLoader(), ...OWNER },
    ...{ role: ROLE, uri: path => `s3://${BUCKET}${world.file(path)}` },
  })

test('a batch is loaded into Redshift, waiting by state, and starts a load again that a conflict has undone', async () => {
  for (const i of [0, 1]) await world.send(T0 + i * EPOCH, someEvents(i))
  world.clock = T0 + 2 * EPOCH
  const conflict = 'ERROR: 1023 DETAIL: Serializable isolation violation on table in Redshift'
  server.faults.push({ fail: conflict, in: 'COPY', after: 7 })
  const { batch, load } = await finished(redshift())
  expect(batch).toMatchObject({ status: 'succeeded', report: { more: false } })
  expect(batch.states.filter(({ name }) => name === 'Commit')).toHaveLength(2)
  expect(server.faults).toEqual([])
  expect(load.error).toBeUndefined()
  expect(load).toMatchObject({ status: 'succeeded', report: { warehouse: { behind: {} } } })
  // One for each table, one for what the conflict has undone.
  expect(load.states.filter(({ name }) => name === 'WaitForLoad').length).toBeGreaterThanOrEqual(3)

  expect(await loadedOrders()).toEqual(await curatedOrders())
  const [{ n, keys }] = (await loadedRows(
    'SELECT count(*) AS n, count(DISTINCT (window_start, group_key)) AS keys FROM orders_daily',
  )) as [{ n: string; keys: string }]
  expect(n).toBe(keys)
  expect(Number(n)).toBeGreaterThan(5)
})

test('a load gets by as the user who loads: roles alone are made with the secret of the administrator', async () => {
  await world.send(T0, someEvents(2))
  world.clock = T0 + EPOCH
  server.calls.length = 0
  const { load } = await finished(redshift())
  expect(load.states.map(({ name }) => name).slice(0, 3)).toEqual(['MakeRoles', 'Begin', 'LoadWarehouse'])
  const batches = server.calls.filter(({ operation }) => operation === 'BatchExecuteStatement')
  const withSecret = batches.map(({ body }) => 'SecretArn' in body)
  const rolesEnd = withSecret.lastIndexOf(true) + 1
  expect(withSecret.slice(0, rolesEnd)).not.toContain(false)
  expect(batches.slice(rolesEnd).length).toBeGreaterThan(5)
  const names = batches.slice(0, rolesEnd).map(({ body }) => String(body['StatementName']))
  expect(names.filter(name => !/look for|make roles|give tables|read marks/.test(name))).toEqual([])
  const owners = await loadedRows("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
  expect(owners).toEqual([{ tableowner: LOADER }])
})

test('a table of somebody else that bears a declared name is left alone, though who loads cannot see it', async () => {
  await rowsOf(postgres.url, 'DROP TABLE visit; DELETE FROM "tributary-tables" WHERE relation = \'visit\'')
  await rowsOf(postgres.url, 'CREATE TABLE visit (n INT)')
  await world.send(T0, someEvents(4))
  world.clock = T0 + EPOCH
  const { load } = await finished(redshift())
  expect(load.error).toMatchObject({ name: 'warehouse_behind', cause: expect.stringMatching(/^visit: /) })
  expect(load.error?.cause).toMatch(/must be owner of .*visit.*rename it, or what is declared/)
  expect(await loadedRows('SELECT * FROM visit')).toEqual([])
  await rowsOf(postgres.url, 'DROP TABLE visit')
})

test('a warehouse that was off and on has its roles again, and all tables, after one run', async () => {
  await world.send(T0, someEvents(0))
  world.clock = T0 + EPOCH
  await finished(redshift())
  await runner.drain()
  await switchOff()
  await switchOn()
  expect(await loadedRows("SELECT rolname FROM pg_roles WHERE rolname = 'bi'")).toEqual([])
  const { load } = await finished(redshift())
  expect(load).toMatchObject({ status: 'succeeded', report: { warehouse: { behind: {} } } })
  expect(await loadedOrders()).toEqual(await curatedOrders())
  const shown = `SELECT has_table_privilege('bi', '"order"', 'SELECT') AS bi`
  expect(await loadedRows(shown)).toEqual([{ bi: true }])
})

test('a run ends with its first state where roles cannot be made: nothing is loaded that is not to be seen', async () => {
  await world.send(T0, someEvents(3))
  world.clock = T0 + EPOCH
  server.faults.push({ fail: 'syntax error at "GRANT"', in: 'GRANT CREATE', after: 0 })
  const { batch, load } = await finished(redshift())
  expect(batch.status).toBe('succeeded')
  expect(load).toMatchObject({ status: 'failed', error: { name: 'internal' } })
  expect(load.states.map(({ name }) => name)).not.toContain('LoadWarehouse')
})

test('a batch moves its boundaries where the warehouse does not answer, and the loads say why they failed', async () => {
  await world.send(T0, someEvents(1))
  world.clock = T0 + EPOCH
  const away: Warehouse = {
    ...redshift(),
    marks: async () => {
      throw new TributaryError('unavailable', 'warehouse: connection refused')
    },
  }
  const { batch, load } = await finished(away)
  expect(batch.status).toBe('succeeded')
  expect(await world.batch.boundary(pipeline.metrics[0]!.id)).toMatchObject({ epoch: T0 })
  expect(load).toMatchObject({
    status: 'failed',
    error: { name: 'warehouse_behind', cause: '*: warehouse: connection refused' },
  })
})
