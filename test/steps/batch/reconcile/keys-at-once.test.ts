import { expect, test } from 'vitest'
import { createWorld, EPOCH, iso, pipelineOf, T0, visit, visits } from '../batch-kit.ts'
import { portsOf, runBatch } from '../batch-run.ts'

const pipeline = pipelineOf([visits])
const id = pipeline.metrics[0]!.id

/** How often a run asks the speed layer for an epoch of 4,500 keys, and what it then holds. */
async function asked(more: { readonly keysAtOnce?: number }) {
  const world = await createWorld(pipeline)
  const pages = Array.from({ length: 4_500 }, (_, i) => ({ page: `/${i}` }))
  const events = pages.map((data, i) => ({ type: visit.type, id: `e-${i}`, time: iso(T0), data }))
  await world.send(T0, events)
  world.clock = T0 + EPOCH
  let requests = 0
  const epoch: typeof world.speed.epoch = async request => {
    if (request.metric === id) requests += 1
    return world.speed.epoch(request)
  }
  const ports = { ...portsOf(world, pipeline), warehouse: undefined as never, ...more }
  const reports = await runBatch({ ...ports, speed: { ...world.speed, epoch } })
  const held = await world.holds.list()
  await world.dispose()
  return { requests, held, compared: JSON.stringify(reports).includes('"compared":4500,"different":0') }
}

test('an epoch of the speed layer is read as often as its store likes: once for all of its keys', async () => {
  expect(await asked({ keysAtOnce: 200_000 })).toEqual({ requests: 1, held: [], compared: true })
  expect(await asked({})).toEqual({ requests: 3, held: [], compared: true })
})
