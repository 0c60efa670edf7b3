import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openRejectedFiles, type RejectedFiles } from '../../../../drivers/rejected/files/files.ts'
import { createCountRejected, UNDECLARED } from '../../../../steps/batch/reconcile/count-rejected.ts'
import { createWorld, EPOCH, orders, pipelineOf, someEvents, T0, visits } from '../batch-kit.ts'
import { portsOf, runBatch } from '../batch-run.ts'

const TYPE = 'com.example.order'

let folder: string
let store: RejectedFiles
let clock = T0
let serial = 0
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'count-rejected-'))
  store = await openRejectedFiles({ folder, now: () => clock })
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

async function reject(at: number, type: string | undefined, n = 1): Promise<void> {
  clock = at
  const event = () => ({
    receipt: `${at}-${String(serial++).padStart(9, '0')}`,
    ...{ receivedAt: at, type, id: 'x', code: 'schema', detail: 'for a test', event: '{}' },
  })
  await store.put(Array.from({ length: n }, event))
}

test('counts what was rejected from the start of an epoch to its end, by declared type', async () => {
  await reject(T0 - 1, TYPE)
  await reject(T0, TYPE, 2)
  await reject(T0 + EPOCH - 1, 'com.example.unknown')
  await reject(T0 + EPOCH - 1, undefined)
  await reject(T0 + EPOCH, TYPE)
  const count = createCountRejected(store, type => type === TYPE)
  expect(await count(T0, T0 + EPOCH)).toEqual({ types: { [TYPE]: 2, [UNDECLARED]: 2 }, isPart: false })
})

test('counts page after page, and of a flood a part, which it says', async () => {
  await reject(T0, TYPE, 2500)
  const count = createCountRejected(store, () => true)
  expect(await count(T0, T0 + EPOCH)).toEqual({ types: { [TYPE]: 2500 }, isPart: false })
  const page = (await store.list({ from: T0, limit: 1000 })).events
  const endless = { list: async () => ({ events: page, next: 'more' }) }
  const counted = await createCountRejected(endless, () => true)(T0, T0 + EPOCH)
  expect(counted).toEqual({ types: { [TYPE]: 100_000 }, isPart: true })
})

test('stands in the report of the run, and a store that does not answer holds up nothing', async () => {
  const pipeline = pipelineOf([orders, visits])
  const world = await createWorld(pipeline)
  try {
    await reject(T0, TYPE, 3)
    const countRejected = createCountRejected(store, type => pipeline.latest.has(type))
    await world.send(T0, someEvents(1, 8))
    world.clock = T0 + EPOCH
    const reports = await runBatch({ ...portsOf(world, pipeline), countRejected })
    expect(JSON.stringify(reports)).toContain(`"rejected":{"${TYPE}":3}`)
    await world.send(T0 + EPOCH, someEvents(2, 8))
    world.clock = T0 + 2 * EPOCH
    const broken = () => Promise.reject(new Error('the disk is gone'))
    const after = await runBatch({ ...portsOf(world, pipeline), countRejected: broken })
    expect(JSON.stringify(after)).toContain('"rejectedUnknown":"the disk is gone"')
    const { id } = pipeline.metrics[0]!
    expect((await world.batch.boundary(id))?.epoch).toBe(T0 + EPOCH)
  } finally {
    await world.dispose()
  }
}, 60_000)
