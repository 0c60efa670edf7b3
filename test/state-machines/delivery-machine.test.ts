import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Run } from '../../core/ports/runs.ts'
import { deliver as createHandler } from '../../functions/batch/tasks.ts'
import type { StateMachineDefinition } from '../../local/batch/asl.ts'
import { createRunner, type Runner } from '../../local/batch/state-machine-runner.ts'
import { recordedIn } from '../recorded-runs.ts'
import {
  createWorld,
  EPOCH,
  large,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visits,
  type World,
} from '../steps/batch/batch-kit.ts'
import { portsOf, runBatch } from '../steps/batch/batch-run.ts'

const path = join(import.meta.dirname, '..', '..', 'state-machines', 'delivery.asl.json')
const delivery = JSON.parse(await readFile(path, 'utf8')) as StateMachineDefinition
const pipeline = pipelineOf([orders, large, visits])

let world: World
let runner: Runner
beforeAll(async () => {
  world = await createWorld(pipeline)
  await world.send(T0, someEvents(0))
  world.clock = T0 + EPOCH
  await runBatch(portsOf(world, pipeline))
  const runs = new Map<string, Run>()
  runner = createRunner({
    machines: { delivery },
    handlers: { DeliverFunctionArn: createHandler(portsOf(world, pipeline)) },
    runs: recordedIn(runs),
    log: { error: () => {} },
    now: () => world.clock,
    newId: () => `run-${runs.size}`,
  })
})
afterAll(async () => {
  await runner.drain()
  await world.dispose()
})

async function finished(input: unknown): Promise<Run> {
  let last = await runner.start('delivery', input)
  for await (const run of runner.follow(last.id)) last = run
  return last
}

const manifest = async () =>
  JSON.parse(await readFile(world.file('deliveries/month=2026-10/manifest.json'), 'utf8'))

test('delivers the month before the start, then lists it', async () => {
  const run = await finished({})
  expect(run).toMatchObject({
    status: 'succeeded',
    report: { delivery: { month: '2026-10', manifest: 'deliveries/month=2026-10/manifest.json' } },
  })
  expect(await manifest()).toMatchObject({
    ...{ month: '2026-10', run: run.id },
    metrics: [{ metric: 'large_orders' }, { metric: 'orders_daily' }, { metric: 'visits_hourly' }],
  })
  const files = await world.lake.list('deliveries')
  expect(files).toHaveLength(7)
})

test('delivers the metrics it is asked for', async () => {
  expect((await finished({ month: '2026-10', metrics: ['visits_hourly'] })).status).toBe('succeeded')
  const weekly = { month: '2026-09', window: 'week', timezone: 'Europe/Berlin' }
  expect((await finished({ ...weekly, metrics: ['visits_hourly'] })).status).toBe('succeeded')
  expect((await manifest()).metrics).toMatchObject([{ metric: 'visits_hourly' }])
})

test.each([
  [{ month: '2026-11' }, 'conflict', /published through 2026-11-01T00:00:00Z/],
  [{ month: 'May' }, 'bad_request', /has a wrong "month"; it must be a month such as 2026-10/],
  [{ month: 5 }, 'bad_request', /has a wrong "month"; it must be a month such as 2026-10/],
  [{ metric: 'x' }, 'bad_request', /has no field "metric"; it takes month, metrics, window, timezone/],
  [{ window: 'fortnight' }, 'bad_request', /has a wrong "window"; it must be one of minute, hour, day, week/],
  [{ metrics: 'x' }, 'bad_request', /has a wrong "metrics"; it must be a list of names of metrics/],
  [{ metrics: ['x'] }, 'bad_request', /no metric is called "x"/],
  [{ metrics: [] }, 'bad_request', /has a wrong "metrics"; it must be a list of names of metrics/],
])('ends with a clear error for %j', async (input, name, cause) => {
  const { status, error } = await finished(input)
  expect([status, error?.name]).toEqual(['failed', name])
  expect(error?.cause).toMatch(cause)
})
