import { cp } from 'node:fs/promises'
import { type DynamoDBClient, PutItemCommand, paginateScan } from '@aws-sdk/client-dynamodb'
import { afterEach, expect, test } from 'vitest'
import { parsePathInstant } from '../../../core/data/time.ts'
import { metricShapes } from '../../../core/declare/metric-kinds.ts'
import { createDynamodbCountedSince } from '../../../drivers/counted-since/dynamodb.ts'
import { createDynamodbHolds } from '../../../drivers/holds/dynamodb.ts'
import { createDynamodbAcknowledgements } from '../../../drivers/ledger/dynamodb/acknowledgements.ts'
import { createDynamodbRawDeliveries } from '../../../drivers/ledger/dynamodb/deliveries.ts'
import { createDynamodbLedger } from '../../../drivers/ledger/dynamodb/dynamodb.ts'
import { createDynamodbBatchViews } from '../../../drivers/views/dynamodb-batch/views.ts'
import { createDynamodbRealTimeViews } from '../../../drivers/views/dynamodb-real-time/views.ts'
import { createNoteFirstSight } from '../../../steps/note-first-sight.ts'
import { type Dynamodb, describeOnDynamodb } from '../../engines/dynamodb.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  large,
  order,
  orders,
  pipelineOf,
  type SentEvent,
  someEvents,
  T0,
  visibleState,
  visits,
  type World,
} from './batch-kit.ts'
import { portsOf, runBatch } from './batch-run.ts'

const METRICS = [orders, large, visits]
const pipeline = pipelineOf(METRICS)
/** Few: each batch asks a double of DynamoDB for all of them. */
const some = (seed: number) => someEvents(seed, 16)
const KEEP = 10 * 365 * 86_400_000
const PATIENCE_MS = 120_000
const worlds: World[] = []
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.dispose()
})

type Stage = Awaited<ReturnType<typeof openStage>>

/** A stage with the tables and the ledger of AWS, over a lake in a folder. Its control table may be given. */
async function openStage({ client, createTable }: Pick<Dynamodb, 'client' | 'createTable'>) {
  const shapes = metricShapes(pipeline)
  const [realTime, table, control] = [
    await createTable('real-time'),
    await createTable('batch'),
    await createTable('control'),
  ]
  const speed = createDynamodbRealTimeViews({ client, table: realTime, shapes })
  const batch = createDynamodbBatchViews({ client, table, shapes })
  const world = await createWorld(pipeline, { speed, batch })
  worlds.push(world)
  const now = () => world.clock
  const access = { client, table: control, epochLength: EPOCH, keepMs: KEEP }
  const ledger = createDynamodbLedger({
    ...{ ...access, now, types: pipeline.latest.keys(), speed, batch },
    ...{ closeAfterMs: 0, rawDelayMs: 0 },
  })
  const countedSince = createDynamodbCountedSince({ client, table: control })
  const holds = createDynamodbHolds({ client, table })
  const { change } = countedSince
  const note = createNoteFirstSight({ pipeline, change, overlapMs: 0, epochLength: EPOCH, now })
  const ingest = createDynamodbAcknowledgements({ ...access, container: `of ${control}` })
  const deliveries = createDynamodbRawDeliveries(access)
  return {
    ...{ world, control, holds },
    /** Events of an epoch: ingest, speed and the raw delivery do what they do. */
    async send(epoch: number, events: readonly SentEvent[]) {
      const start = T0 + epoch * EPOCH
      world.clock = Math.max(world.clock, start)
      await note()
      await world.send(start, events)
      const counted = Map.groupBy(events, ({ type }) => type)
      const records = [...counted].map(([type, all]) => ({ epoch: start, type, count: all.length }))
      await ingest.acknowledge(records)
      const lines = records.map(({ count, ...rest }) => ({ ...rest, lines: count }))
      await deliveries.delivered(`arrivals/${control}-${world.place()}`, lines)
    },
    /** The batch of the next epoch's beginning. */
    batchAfter(epoch: number, accept: readonly string[] = []) {
      world.clock = T0 + (epoch + 1) * EPOCH
      const ports = { ...portsOf(world, pipeline), ledger, countedSince, holds }
      return runBatch(ports, `after-${epoch}-${accept.length}`, accept)
    },
  }
}

/** What AWS Backup gives back of a table: another one, with the items that it had. */
async function copyTable(client: DynamoDBClient, from: string, to: string): Promise<void> {
  for await (const { Items = [] } of paginateScan({ client }, { TableName: from, ConsistentRead: true }))
    for (const Item of Items) await client.send(new PutItemCommand({ TableName: to, Item }))
}

/** Events that were accepted, by epoch, as a restored table has them: what docs/operations.md asks it. */
async function ledgerIn(client: DynamoDBClient, table: string): Promise<ReadonlyMap<number, number>> {
  const accepted = new Map<number, number>()
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table, ConsistentRead: true }))
    for (const { pk, counts } of Items) {
      const name = /^ledger#(\w+)#/.exec(pk!.S!)?.[1]
      if (name === undefined || counts?.M === undefined) continue
      const sum = Object.values(counts.M).reduce((all, { N }) => all + Number(N), 0)
      const epoch = parsePathInstant(name)
      accepted.set(epoch, (accepted.get(epoch) ?? 0) + sum)
    }
  return accepted
}

async function viewsOf({ world }: Stage) {
  const { views } = await visibleState(world, pipeline)
  return Object.fromEntries(METRICS.map(({ name }) => [name, views[name]!.partials]))
}

const expected = ({ world }: Stage, through: number) =>
  Object.fromEntries(METRICS.map(metric => [metric.name, expectedViews(world, metric, T0 + through * EPOCH)]))

describeOnDynamodb('a stage that is made anew from a copy of its lake', dynamodb => {
  /** Three epochs of batches, and a fourth that is in the lake alone when that is copied; then a fifth. */
  async function lost() {
    const old = await openStage(dynamodb)
    const controlCopy = await dynamodb.createTable('control')
    for (const epoch of [0, 1, 2]) {
      await old.send(epoch, some(epoch))
      await old.batchAfter(epoch)
      // The table is copied before the lake: AWS Backup takes each at an instant of its own.
      if (epoch === 1) await copyTable(dynamodb.client, old.control, controlCopy)
    }
    await old.send(3, some(3))
    const stage = await openStage(dynamodb)
    await cp(old.world.file(''), stage.world.file(''), { recursive: true })
    stage.world.received.push(...old.world.received)
    // Names of raw objects are of arrivals, and no two of one name: here they are numbers.
    for (let i = 0; i < 1000; i++) stage.world.place()
    await old.send(4, some(4))
    return { old, stage, controlCopy }
  }

  test('has the numbers of before through what the copy holds, and those of what comes after', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { stage } = await lost()
    await stage.batchAfter(5)
    expect(await stage.holds.list()).toEqual([])
    expect(stage.world.mismatches).toEqual([])
    expect(await viewsOf(stage)).toEqual(expected(stage, 3))

    for (const epoch of [6, 7]) {
      await stage.send(epoch, some(epoch))
      await stage.batchAfter(epoch)
    }
    expect(await stage.holds.list()).toEqual([])
    expect(stage.world.mismatches).toEqual([])
    expect(await viewsOf(stage)).toEqual(expected(stage, 7))
  })

  test('is short for good where a batch runs before the copy is whole, so no schedule may start one', {
    timeout: PATIENCE_MS,
  }, async () => {
    const old = await openStage(dynamodb)
    for (const epoch of [0, 1]) await old.send(epoch, some(epoch))
    const stage = await openStage(dynamodb)
    stage.world.received.push(...old.world.received)
    const copy = (filter: (path: string) => boolean) =>
      cp(old.world.file(''), stage.world.file(''), { recursive: true, filter })
    await copy(path => !path.includes(`type=${order.type}/epoch=20261101T000000Z`))
    await stage.batchAfter(2)
    await copy(() => true)
    await stage.batchAfter(3)
    const { orders_daily: counted } = await viewsOf(stage)
    expect(counted).not.toEqual(expected(stage, 3)['orders_daily'])
    expect(await stage.holds.list()).toEqual([])
  })

  test('counts events once that senders give it again, as they were in the copy', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { stage } = await lost()
    await stage.batchAfter(5)
    await stage.send(6, [...some(3), ...some(6)])
    await stage.batchAfter(6)
    expect(await viewsOf(stage)).toEqual(expected(stage, 6))
    expect(await stage.holds.list()).toEqual([])
  })

  test('holds what senders give it again later, which its speed layer cannot know, until the batch is accepted', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { stage } = await lost()
    await stage.send(5, some(5))
    await stage.batchAfter(5)
    await stage.send(6, some(3))
    await stage.batchAfter(6)
    const held = (await stage.holds.list()).map(({ id }) => id)
    expect(held.length).toBeGreaterThan(0)
    await stage.batchAfter(6, [...pipeline.latest.keys(), ...METRICS.map(({ name }) => name)])
    expect(await stage.holds.list()).toEqual([])
    expect(await viewsOf(stage)).toEqual(expected(stage, 6))
  })

  test('waits for a speed layer that never counted, where items of the old control table are put into its own', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { stage, controlCopy } = await lost()
    await copyTable(dynamodb.client, controlCopy, stage.control)
    expect((await stage.batchAfter(5)).at(-1)).toMatchObject({
      epochs: { '20261101T000000Z': { waited: { speedComplete: false } } },
    })
    expect(await viewsOf(stage)).toEqual({ orders_daily: [], large_orders: [], visits_hourly: [] })
  })

  test('knows what the copy lacks by the copy of the control table, where that is the newer of the two', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { old, stage } = await lost()
    const newer = await dynamodb.createTable('control')
    // The newest epoch of the lake's copy is the fourth; the table's has the fifth as well.
    await copyTable(dynamodb.client, old.control, newer)
    const accepted = await ledgerIn(dynamodb.client, newer)
    const raw = Map.groupBy(stage.world.received, ({ epoch }) => epoch)
    const lacks = [...accepted].filter(([epoch, count]) => (raw.get(epoch)?.length ?? 0) < count)
    expect(lacks).toEqual([[T0 + 4 * EPOCH, some(4).length]])
  })
})
