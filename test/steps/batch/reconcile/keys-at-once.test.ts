import { expect, test } from 'vitest'
import { metricShapes } from '../../../../core/declare/metric-kinds.ts'
import type { OpenEpoch } from '../../../../core/ports/views.ts'
import { createDynamodbRealTimeViews } from '../../../../drivers/views/dynamodb-real-time/views.ts'
import { describeOnDynamodb } from '../../../engines/dynamodb.ts'
import { createWorld, EPOCH, iso, pipelineOf, T0, visit, visits } from '../batch-kit.ts'
import { portsOf, runBatch } from '../batch-run.ts'

const pipeline = pipelineOf([visits])
const id = pipeline.metrics[0]!.id

/** A run over an epoch of 4,500 keys: what it finds, and what it then holds. */
async function reconciled(more: (world: Awaited<ReturnType<typeof createWorld>>) => Promise<object>) {
  const world = await createWorld(pipeline)
  const pages = Array.from({ length: 4_500 }, (_, i) => ({ page: `/${i}` }))
  const events = pages.map((data, i) => ({ type: visit.type, id: `e-${i}`, time: iso(T0), data }))
  await world.send(T0, events)
  world.clock = T0 + EPOCH
  const ports = { ...portsOf(world, pipeline), warehouse: undefined as never, ...(await more(world)) }
  const reports = await runBatch(ports)
  const held = (await world.holds.list()).map(({ code, detail, keys }) => ({ code, detail, keys }))
  await world.dispose()
  return { held, agrees: JSON.stringify(reports).includes('"compared":4500,"different":0') }
}

test('a store that looks keys up is asked for some of them at a time', async () => {
  let requests = 0
  const found = await reconciled(async world => ({
    speed: {
      ...world.speed,
      epoch: async (request: Parameters<typeof world.speed.epoch>[0]) => {
        if (request.metric === id) requests += 1
        return world.speed.epoch(request)
      },
    },
  }))
  expect([found, requests]).toEqual([{ held: [], agrees: true }, 3])
})

describeOnDynamodb('an epoch of real-time views in DynamoDB', dynamodb => {
  /** The partials of a world, in a table; `pages` counts what was read of it. */
  async function inTable(world: Awaited<ReturnType<typeof createWorld>>, extra: readonly string[] = []) {
    const shapes = metricShapes(pipeline)
    const table = await dynamodb.createTable('real-time')
    const views = createDynamodbRealTimeViews({ client: dynamodb.client, table, shapes })
    const all = { from: undefined, to: undefined, groups: undefined, limit: 10_000, after: undefined }
    const [one, ...rest] = await world.speed.query({ metric: id, ...all })
    const items = [one!, ...rest, ...extra.map(group => ({ ...one!, group }))].map((partial, i) => ({
      ...partial,
      ...{ id: String(i), metric: id, epoch: T0, lane: i % 4, position: { sequence: '1', index: i } },
    }))
    expect(await views.write(items.map(item => ({ item, expected: undefined })))).not.toContain(false)
    let opened = 0
    const openEpoch: OpenEpoch = (metric, epoch) => {
      opened += 1
      return views.openEpoch(metric, epoch)
    }
    return { openEpoch, opened: () => opened }
  }

  test('is read once, whatever the number of keys', async () => {
    let opened = () => 0
    const found = await reconciled(async world => {
      const table = await inTable(world)
      opened = table.opened
      return { openEpoch: table.openEpoch }
    })
    expect([found, opened()]).toEqual([{ held: [], agrees: true }, 1])
  })

  test('is read once too where it has keys that the batch layer has not, which are named', async () => {
    let opened = () => 0
    const { held, agrees } = await reconciled(async world => {
      const table = await inTable(world, ['{"page":"/ghost"}', '{"page":"/other"}'])
      opened = table.opened
      return { openEpoch: table.openEpoch }
    })
    expect([agrees, opened()]).toEqual([false, 1])
    expect(held).toMatchObject([
      { code: 'reconciliation_mismatch', detail: expect.stringMatching(/^2 keys differ.*of 4500/) },
    ])
    expect(held[0]!.keys.join()).toMatch(/ghost.*other/)
  })
})
