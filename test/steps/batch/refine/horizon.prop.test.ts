import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { padSequence } from '../../../../core/data/position.ts'
import type { Pipeline } from '../../../../core/declare/pipeline.ts'
import { SLICE_EPOCHS } from '../../../../core/lake/id-slices.ts'
import { idsOfType } from '../../../../core/lake/lake-paths.ts'
import { openMarkerTable } from '../../../../drivers/markers/table/table.ts'
import { idsBefore } from '../../../../steps/batch/refine/known-ids.ts'
import { createRefine } from '../../../../steps/batch/refine/refine.ts'
import { createWorld, EPOCH, iso, order, orders, pipelineOf, T0, type World } from '../batch-kit.ts'
import { portsOf } from '../batch-run.ts'

/** A day of epochs of ten seconds. */
const HORIZON = 8640
/** Distances of an event sent again: mostly about the border, where the layers would differ first. */
const distance = fc.oneof(
  fc.integer({ min: HORIZON - 2, max: HORIZON + 2 }),
  fc.integer({ min: 0, max: HORIZON }),
  fc.constantFrom(63, 64, 65, 4095, 4096, 4097),
)
const sendings = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), distance), { minLength: 4, maxLength: 12 })

let pipeline: Pipeline
let world: World
let folder: string

beforeAll(async () => {
  pipeline = pipelineOf([orders])
  folder = await mkdtemp(join(tmpdir(), 'horizon-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

test('both layers remember an id through the same epoch, however many epochs the horizon is', async () => {
  await fc.assert(
    fc.asyncProperty(sendings, fc.boolean(), async (given, isRepeated) => {
      world = await createWorld(pipeline)
      const markers = await openMarkerTable({
        ...{ folder: await mkdtemp(join(folder, 'markers-')), capacity: 100 },
        ...{ horizon: HORIZON, epochLength: EPOCH },
      })
      try {
        const bySpeed = new Map<number, number>()
        const sent = Map.groupBy(placed(given), ([, index]) => index)
        let sequence = 0
        for (const [index, events] of sent) {
          const epoch = T0 + index * EPOCH
          for (const [id] of events) {
            const place = { sequence: padSequence(String(sequence++)), index: 0, receipt: '' }
            const [verdict] = await markers.claim([{ key: id, epoch, ...place }])
            bySpeed.set(epoch, (bySpeed.get(epoch) ?? 0) + (verdict === 'first' ? 1 : 0))
          }
          await world.send(
            epoch,
            events.map(([id]) => ({ type: order.type, id, time: iso(T0), data: { customer: 1, amount: 1 } })),
          )
        }
        world.clock = T0 + (Math.max(...sent.keys()) + 1) * EPOCH
        const ports = { ...portsOf(world, pipeline), horizon: HORIZON }
        const refine = createRefine(ports)
        const byBatch = new Map<number, number>()
        for (const epoch of bySpeed.keys()) {
          const again = isRepeated ? 2 : 1
          for (let i = 0; i < again; i++)
            byBatch.set(epoch, (await refine({ type: order.type, epoch })).curated)
        }
        expect(byBatch).toEqual(bySpeed)
      } finally {
        await markers.close()
        await world.dispose()
      }
    }),
    { numRuns: 8 },
  )
}, 120_000)

test('a search reads slices of many epochs, made anew where an epoch in one has changed, and drops old ones', async () => {
  world = await createWorld(pipeline)
  try {
    const ports = { ...portsOf(world, pipeline), horizon: HORIZON }
    const refine = createRefine(ports)
    const [short, long] = SLICE_EPOCHS
    const start = Math.ceil(T0 / (long * EPOCH)) * long * EPOCH
    const send = (i: number, ...ids: string[]) =>
      world.send(
        start + i * EPOCH,
        ids.map(id => ({ type: order.type, id, time: iso(T0), data: { customer: 1, amount: 1 } })),
      )
    const curated = async (i: number) =>
      (await refine({ type: order.type, epoch: start + i * EPOCH })).curated
    const slices = () => world.lake.folders(idsOfType(order.type))
    for (const i of [0, 1, short, long - 1]) {
      await send(i, `at-${i}`)
      expect(await curated(i)).toBe(1)
    }
    await send(long + 1, 'at-0', 'late', 'new')
    expect(await curated(long + 1)).toBe(2)
    const { rows, slices: read } = await idsBefore(ports, order.type, start + (long + 1) * EPOCH)
    expect([rows.length, read.length]).toEqual([0, 1])
    expect(await slices()).toHaveLength(4)
    await send(1, 'late')
    expect(await curated(1)).toBe(2)
    expect(await slices()).toHaveLength(2)
    expect(await curated(long + 1)).toBe(1)
    expect(await slices()).toHaveLength(4)
    await send(3 * HORIZON, 'at-0')
    expect(await curated(3 * HORIZON)).toBe(1)
    expect(await slices()).toEqual([])
  } finally {
    await world.dispose()
  }
})

/** Ids with the number of the epoch that each is sent in: so many after the one before. */
function placed(given: readonly (readonly [string, number])[]): readonly (readonly [string, number])[] {
  return given.map(([id], i) => [id, given.slice(0, i + 1).reduce((sum, [, after]) => sum + after, 0)])
}
