import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pathInstant } from '../../../core/data/time.ts'
import { defineContract } from '../../../core/declare/contract.ts'
import { count } from '../../../core/declare/measures.ts'
import { defineMetric } from '../../../core/declare/metric.ts'
import { rawFolder } from '../../../core/lake/lake-paths.ts'
import { openFunctionLake } from '../../../drivers/compose/function-lake.ts'
import { createS3Objects } from '../../../drivers/objects/s3/s3.ts'
import { createMemoryS3 } from '../../engines/memory-s3.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  iso,
  pipelineOf,
  T0,
  visibleState,
  type World,
} from './batch-kit.ts'
import { portsOf, runBackfill, runBatch } from './batch-run.ts'

/** What a run asks of S3 and of the views, by how much history there is: four types, five metrics. */

const YEAR = 8_760
const types = [0, 1, 2, 3].map(i =>
  defineContract({
    type: `com.example.t${i}`,
    version: 1,
    partitionBy: ['page'],
    data: Type.Object({ page: Type.String() }),
  }),
)
const metrics = [0, 1, 2, 3, 3].map((of, i) =>
  defineMetric({
    ...{ name: `pages_${i}`, type: `com.example.t${of}`, window: i === 4 ? 'day' : 'hour', by: ['page'] },
    measures: { visits: count() },
  }),
)
const pipeline = pipelineOf(metrics, types)

let world: World
const s3 = createMemoryS3()
const scratch = join(tmpdir(), `tributary-year-${process.pid}`)
const bucket = 'lake'
const objects = createS3Objects({ client: s3.client, bucket })
let lake: Awaited<ReturnType<typeof openFunctionLake>>
/** Calls of views and ledger: a request of DynamoDB each, or one a hundred keys. */
let calls = 0

beforeAll(async () => {
  world = await createWorld(pipeline)
  lake = await openFunctionLake({
    objects,
    bucket,
    scratch,
    memoryBytes: 1769 << 20,
    remainingMs: () => 600_000,
  })
})
afterAll(async () => {
  await lake.close()
  await world.dispose()
})

const ports = () => ({
  ...portsOf(world, pipeline),
  ...{ lake: lake.lake, engine: lake.engine },
  ...{ batch: counted(world.batch), ledger: counted(world.ledger), warehouse: undefined as never },
})
function counted<T extends object>(port: T): T {
  return new Proxy(port, {
    get: (target, name) => {
      const method = target[name as keyof T] as (...args: unknown[]) => unknown
      return (...args: unknown[]) => {
        const keys = args.find(Array.isArray)?.length ?? 1
        calls += Math.ceil(keys / 100)
        return method.apply(target, args)
      }
    },
  })
}

/** Events of every type in an epoch, in the stream, the speed layer and the raw lake in S3. */
async function send(epoch: number, ids: readonly string[], time = epoch): Promise<void> {
  const events = types.flatMap(({ type }) =>
    ids.map(id => ({ type, id: `${epoch}-${id}`, time: iso(time), data: { page: `/${id}` } })),
  )
  await world.send(epoch, events)
  for (const { type } of types)
    for (const name of await readdir(world.file(rawFolder(type, epoch))))
      await objects.put(
        `${rawFolder(type, epoch)}/${name}`,
        await readFile(world.file(`${rawFolder(type, epoch)}/${name}`)),
      )
}

/** Requests of S3 and calls of the views that some work makes. */
async function requestsOf(work: () => Promise<unknown>): Promise<{ s3: number; views: number }> {
  const total = () => [...s3.requests.values()].reduce((sum, n) => sum + n, 0)
  const before = { s3: total(), views: calls }
  await work()
  return { s3: total() - before.s3, views: calls - before.views }
}

/** Copies all that there is of an epoch to as many epochs before it. */
function addHistory(epoch: number, epochs: number): void {
  const own = pathInstant(epoch)
  const ofEpoch = s3
    .keys()
    .filter(key => /^(raw|curated|partials|manifests)\//.test(key) && key.includes(own))
  for (let i = 1; i <= epochs; i++) {
    const older = pathInstant(epoch - i * EPOCH)
    const copies = ofEpoch.map(key => {
      const body = s3.get(key)!
      const isManifest = key.startsWith('manifests/')
      const copy = isManifest ? Buffer.from(body.toString().replaceAll(own, older)) : body
      return [key.replaceAll(own, older), copy] as const
    })
    s3.add(new Map(copies))
  }
}

/** An epoch's batch, then the weekly backfill of a day in which lines have come late. */
async function measured(n: number) {
  const epoch = T0 + n * EPOCH
  await send(epoch, ['a', 'b'])
  world.clock = epoch + EPOCH
  const batch = await requestsOf(() => runBatch(ports(), `run-${n}`))
  await send(epoch, [`late-${n}`], epoch - EPOCH)
  const range = { from: iso(epoch - EPOCH), to: iso(epoch + EPOCH) }
  const backfill = await requestsOf(() => runBackfill(ports(), range, `backfill-${n}`))
  return { batch, backfill }
}

test('requests of a batch and of a backfill after a year are those of the first day, within a tenth', async () => {
  for (const n of [0, 1, 2, 3]) {
    await send(T0 + n * EPOCH, ['a', 'b'])
    world.clock = T0 + (n + 1) * EPOCH
    await runBatch(ports(), `first-${n}`)
  }
  const early = await measured(4)
  addHistory(T0, YEAR)
  const late = await measured(5)
  for (const run of ['batch', 'backfill'] as const)
    for (const store of ['s3', 'views'] as const) {
      expect(late[run][store]).toBeLessThanOrEqual(early[run][store] * 1.1)
      expect(late[run][store]).toBeGreaterThan(0)
    }
  const { views } = (await visibleState(world, pipeline)) as { views: Record<string, { partials: unknown }> }
  for (const metric of metrics)
    expect(views[metric.name]!.partials).toEqual(expectedViews(world, metric, T0 + 5 * EPOCH, types))
})
