import { chmod, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { TributaryError } from '../../core/errors.ts'
import type { Run } from '../../core/ports/runs.ts'
import type { Warehouse } from '../../core/ports/warehouse.ts'
import { query } from '../../core/sql/query.ts'
import type { EmbeddedPostgres } from '../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import { createRedshiftWarehouse } from '../../drivers/warehouse/redshift/redshift.ts'
import {
  aggregate,
  awaitRaw,
  commit,
  loadWarehouse,
  plan,
  publish,
  reconcile,
  refine,
} from '../../functions/batch/tasks.ts'
import type { StateMachineDefinition } from '../../local/batch/asl.ts'
import { createRunner, type Runner } from '../../local/batch/state-machine-runner.ts'
import type { TaskHandlers } from '../../local/batch/task-handlers.ts'
import { type RedshiftServer, startRedshift } from '../drivers/warehouse/redshift/server.ts'
import { BUCKET, READS_FILES, REDSHIFT_IN_POSTGRES, ROLE } from '../drivers/warehouse/redshift/to-postgres.ts'
import { openServer, removeFolder, rowsOf, temporaryFolder } from '../drivers/warehouse/server.ts'
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

let folder: string
let postgres: EmbeddedPostgres
let server: RedshiftServer
let world: World
let runner: Runner

beforeAll(async () => {
  folder = await temporaryFolder()
  postgres = await openServer(join(folder, 'data'), [READS_FILES])
  await rowsOf(postgres.url, REDSHIFT_IN_POSTGRES)
  server = await startRedshift(postgres.url)
})
afterAll(async () => {
  await server?.close()
  await postgres?.stop()
  await removeFolder(folder)
})
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

/** A batch, and the loads that it starts. */
async function finished(warehouse: Warehouse, others: TaskHandlers = {}): Promise<{ batch: Run; load: Run }> {
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
      LoadWarehouseFunctionArn: loadWarehouse(ports),
      CommitFunctionArn: commit(ports),
      ...others,
    },
    runs: {
      put: async run => void runs.set(run.id, run),
      get: async id => runs.get(id),
      list: async () => [...runs.values()],
    },
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

const redshift = () =>
  createRedshiftWarehouse({
    client: server.client,
    workgroup: 'tributary-test',
    database: 'tributary',
    secret: 'redshift!tributary-test',
    role: ROLE,
    schema: 'public',
    platform: 'p1',
    uri: path => `s3://${BUCKET}${world.file(path)}`,
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

  const curated = await world.engine.session(session =>
    session.rows(
      query`SELECT count(*) AS n, count(country) AS country, count(nullif(country, '')) AS named, sum(amount)::VARCHAR AS amount
       FROM read_parquet('${world.file('curated')}/type=${order.type}/**/*.parquet', union_by_name = true)`,
    ),
  )
  const loaded = await loadedRows(
    `SELECT count(*) AS n, count(country) AS country, count(nullif(country, '')) AS named, sum(amount)::text AS amount FROM "order"`,
  )
  const plain = (row: object) => Object.values(row).map(String)
  expect(loaded.map(plain)).toEqual(curated.map(plain))
  const [{ n, keys }] = (await loadedRows(
    'SELECT count(*) AS n, count(DISTINCT (window_start, group_key)) AS keys FROM orders_daily',
  )) as [{ n: string; keys: string }]
  expect(n).toBe(keys)
  expect(Number(n)).toBeGreaterThan(5)
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
