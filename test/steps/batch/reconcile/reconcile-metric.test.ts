import { afterEach, beforeEach, expect, test } from 'vitest'
import { CELLS } from '../../../../core/cells/table.ts'
import { createWorld, EPOCH, orders, pipelineOf, someEvents, T0, type World } from '../batch-kit.ts'
import { portsOf, runBatch } from '../batch-run.ts'

const pipeline = pipelineOf([orders])
const { id, kinds } = pipeline.metrics[0]!
const epoch: World['speed']['epoch'] = async request => {
  const found = await world.speed.epoch(request)
  if (request.metric !== id) return found
  return { ...found, cells: found.cells.map(cells => cells?.map((cell, i) => change(kinds[i]!, cell))) }
}

let world: World
let change: (kind: (typeof kinds)[number], cell: unknown) => never
beforeEach(async () => {
  world = await createWorld(pipeline)
  await world.send(T0, someEvents(0))
  world.clock = T0 + EPOCH
})
afterEach(() => world.dispose())

async function boundaryAfterRun(): Promise<number | undefined> {
  const ports = { ...portsOf(world, pipeline), warehouse: undefined as never }
  await runBatch({ ...ports, speed: { ...ports.speed, epoch } }, 'run-1')
  return (await world.batch.boundary(id))?.epoch
}

test('an epoch that was open while the version changed agrees: registers of a few values stand for their hashes', async () => {
  change = (kind, cell) => (CELLS[kind].coarse?.(cell as never) ?? cell) as never
  expect(await boundaryAfterRun()).toBe(T0)
})

test('registers that lack a value do not agree', async () => {
  change = (kind, cell) => ((CELLS[kind].coarse?.(cell as never) as number[])?.slice(2) ?? cell) as never
  expect(await boundaryAfterRun()).toBeUndefined()
})
