import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tallyId } from '../../core/cells/tally.ts'
import { padSequence } from '../../core/data/position.ts'
import { rawFolder } from '../../core/lake/lake-paths.ts'
import type { EpochLedger } from '../../core/ports/ledger.ts'
import type { StreamReader } from '../../core/ports/stream/stream-reader.ts'
import { createRestoreRaw, type RestoreProgress } from '../../steps/restore-raw.ts'
import {
  createWorld,
  EPOCH,
  order,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visit,
  visits,
  type World,
} from './batch/batch-kit.ts'
import { portsOf, runBatch } from './batch/batch-run.ts'

const pipeline = pipelineOf([orders, visits])

let world: World
/** The stream: when a record arrived, and its lines. */
let stream: { readonly at: number; readonly data: string }[]
let delivered: Map<string, number>
let lost: Map<number, Record<string, number>>

beforeEach(async () => {
  world = await createWorld(pipeline)
  for (const i of [0, 1]) await world.send(T0 + i * EPOCH, someEvents(i))
  stream = await Promise.all(
    world.received.map(async ({ json, epoch }, i) => ({ at: epoch + (i % 60) * 60_000, data: `${json}\n` })),
  )
  delivered = new Map()
  lost = new Map()
  world.clock = T0 + 3 * EPOCH
})
afterEach(() => world.dispose())

const reader: StreamReader = {
  keptSince: async () => T0 - 24 * EPOCH,
  read: async ({ from, to = Number.POSITIVE_INFINITY }, each) => {
    const found = stream.filter(({ at }) => at >= from && at <= to)
    const records = found.map(({ data }, i) => ({
      sequence: padSequence(String(i)),
      place: '',
      partition: 0,
      data,
    }))
    for (let i = 0; i < records.length; i += 7)
      await each({ shard: 's', last: '', records: records.slice(i, i + 7), unreadable: 0 })
  },
}
const ports = () => ({
  ...portsOf(world, pipeline),
  ledger: {
    epochs: world.ledger.epochs,
    epoch: async (epoch: number): Promise<EpochLedger> => {
      const entry = await world.ledger.epoch(epoch)
      const short = lost.get(epoch) ?? {}
      return {
        ...entry,
        counts: 'at least',
        short,
        rawComplete: entry.closed && Object.keys(short).length === 0,
      }
    },
  },
  deliveries: {
    delivered: async (object: string, lines: readonly { lines: number }[]) =>
      void delivered.set(
        object,
        lines.reduce((sum, each) => sum + each.lines, 0),
      ),
  },
  reader,
  warehouse: undefined as never,
  holdsShort: true,
})

/** All turns of a run, as the machine makes them. */
async function restore(only?: readonly string[]): Promise<number> {
  let progress: RestoreProgress | undefined
  for (let turns = 0; ; turns++) {
    const { status, epoch, at } = await createRestoreRaw(ports())({ progress, only })
    if (status === 'done') return turns
    progress = { epoch, at }
  }
}

const linesOf = (type: string, epoch: number) =>
  world.received.filter(({ json, ...each }) => each.epoch === epoch && json.includes(`"type":"${type}"`))
    .length
const restored = () => [...delivered.values()].reduce((sum, lines) => sum + lines, 0)

describe('restoring raw data from the stream', () => {
  test('fills up a type and epoch that the ledger says is short, so that the next batch is exact', async () => {
    await world.lake.remove(rawFolder(order.type, T0))
    lost.set(T0, { [order.type]: linesOf(order.type, T0) })
    await runBatch(ports(), 'run-1')
    expect(await world.batch.boundary(tallyId(order.type))).toBeUndefined()
    expect(await restore()).toBeGreaterThan(5)
    // Slices of the stream may overlap: a line that comes twice is left out by its receipt.
    expect(restored()).toBeGreaterThanOrEqual(linesOf(order.type, T0))
    expect([...delivered.keys()].every(path => path.startsWith(rawFolder(order.type, T0)))).toBe(true)
    lost.clear()
    await runBatch(ports(), 'run-2')
    expect((await world.batch.boundary(tallyId(order.type)))?.epoch).toBe(T0 + 2 * EPOCH)
    expect(await world.holds.list()).toEqual([])
  })

  test('does it for what is held, where the ledger has counted lines that are gone since', async () => {
    await world.lake.remove(rawFolder(order.type, T0))
    await runBatch(ports(), 'run-1')
    expect(await world.holds.list()).toMatchObject([{ code: 'raw_incomplete' }])
    await restore()
    await runBatch(ports(), 'run-2')
    expect(await world.holds.list()).toEqual([])
    expect((await world.batch.boundary(tallyId(order.type)))?.epoch).toBe(T0 + 2 * EPOCH)
  })

  test('takes only the types it is asked for, and nothing where nothing is short', async () => {
    lost.set(T0, { [order.type]: 3 })
    expect(await restore([visit.type])).toBe(0)
    lost.clear()
    expect(await restore()).toBe(0)
    expect(delivered.size).toBe(0)
  })

  test('of a published epoch has it computed again', async () => {
    await runBatch(ports(), 'run-1')
    lost.set(T0, { [order.type]: 3 })
    await restore()
    const marks = (await world.lake.list('due')).map(({ path }) => path)
    expect(marks).toEqual([expect.stringMatching(/type=com\.example\.order\/epoch=20261101T000000Z/)])
  })
})
