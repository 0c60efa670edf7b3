import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { defineContract } from '../../../../core/declare/contract.ts'
import { count } from '../../../../core/declare/measures.ts'
import { defineMetric } from '../../../../core/declare/metric.ts'
import { metricShapes } from '../../../../core/declare/metric-kinds.ts'
import { rawFolder } from '../../../../core/lake/lake-paths.ts'
import { openFunctionLake } from '../../../../drivers/compose/aws/function-lake.ts'
import { createDynamodbCountedSince } from '../../../../drivers/counted-since/dynamodb.ts'
import { createDynamodbHolds } from '../../../../drivers/holds/dynamodb.ts'
import { createDynamodbAcknowledgements } from '../../../../drivers/ledger/dynamodb/acknowledgements.ts'
import { createDynamodbRawDeliveries } from '../../../../drivers/ledger/dynamodb/deliveries.ts'
import { createDynamodbLedger } from '../../../../drivers/ledger/dynamodb/dynamodb.ts'
import { createS3Objects } from '../../../../drivers/objects/s3/s3.ts'
import { createDynamodbBatchViews } from '../../../../drivers/views/dynamodb-batch/views.ts'
import { createDynamodbRealTimeViews } from '../../../../drivers/views/dynamodb-real-time/views.ts'
import { createDynamodbDouble } from '../../../engines/dynamodb/engine.ts'
import { connect, doubleClient } from '../../../engines/dynamodb.ts'
import { createMemoryS3 } from '../../../engines/memory-s3.ts'
import { createWorld, EPOCH, iso, pipelineOf, T0 } from '../batch-kit.ts'
import { portsOf } from '../batch-run.ts'
import { addHistory } from './history.ts'
import { createMachines } from './machines.ts'
import { type Asked, createAskedMeter } from './meter.ts'

/**
 * What a run asks of S3 and DynamoDB, by how much history there is: four types, five metrics, hourly epochs.
 */
export const YEAR = 8_760
export const TYPES = [0, 1, 2, 3].map(i =>
  defineContract({
    type: `com.example.t${i}`,
    version: 1,
    partitionBy: ['page'],
    data: Type.Object({ page: Type.String() }),
  }),
)
export const METRICS = [0, 1, 2, 3, 3].map((of, i) =>
  defineMetric({
    ...{ name: `pages_${i}`, type: `com.example.t${of}`, window: i === 4 ? 'day' : 'hour', by: ['page'] },
    measures: { visits: count() },
  }),
)
const pipeline = pipelineOf(METRICS, TYPES)
const bucket = 'lake'
const RAW_DELAY = 60_000
/** So long after an epoch's end its run begins: when all is closed and delivered. */
const AFTER = 2 * RAW_DELAY

export type Runs = { readonly batch: Asked; readonly backfill: Asked }

/** The batch layer as on AWS, on S3 and DynamoDB in memory, which count. */
export async function openYear() {
  const s3 = createMemoryS3()
  const meter = createAskedMeter(s3.requests)
  const double = createDynamodbDouble({ onUse: meter.onUse })
  const { dynamodb, dispose } = connect(() => doubleClient(double))
  const { client } = dynamodb
  const tables = {
    batch: await dynamodb.createTable('batch'),
    control: await dynamodb.createTable('control'),
    realTime: await dynamodb.createTable('real-time'),
  }
  const shapes = metricShapes(pipeline)
  const batch = createDynamodbBatchViews({ client, table: tables.batch, shapes })
  const speed = createDynamodbRealTimeViews({ client, table: tables.realTime, shapes })
  const world = await createWorld(pipeline, { batch, speed })
  const ledgerTable = { client, table: tables.control, epochLength: EPOCH }
  const acknowledgements = createDynamodbAcknowledgements({ ...ledgerTable, container: 'c1' })
  const deliveries = createDynamodbRawDeliveries(ledgerTable)
  const objects = createS3Objects({ client: s3.client, bucket })
  const scratch = join(tmpdir(), `tributary-year-${process.pid}`)
  const memory = { memoryBytes: 1769 << 20, remainingMs: () => 600_000 }
  const lake = await openFunctionLake({ objects, bucket, scratch, ...memory })

  /** A function's ports: what it remembers goes with it. */
  const ports = () => {
    const types = TYPES.map(({ type }) => type)
    const views = { types, speed, batch }
    const clock = { now: () => world.clock, rawDelayMs: RAW_DELAY }
    return {
      ...portsOf(world, pipeline),
      ...{ lake: lake.lake, engine: lake.engine, batch, speed, warehouse: undefined as never },
      ledger: createDynamodbLedger({ ...ledgerTable, ...views, ...clock }),
      holds: createDynamodbHolds({ client, table: tables.batch }),
      countedSince: createDynamodbCountedSince({ client, table: tables.control }),
    }
  }
  const machines = await createMachines(ports, client, tables.control)

  /** Events of every type in an epoch: accepted, counted by the speed layer, delivered to the raw lake. */
  async function send(epoch: number, ids: readonly string[], time = epoch): Promise<void> {
    const events = TYPES.flatMap(({ type }) =>
      ids.map(id => ({ type, id: `${epoch}-${id}`, time: iso(time), data: { page: `/${id}` } })),
    )
    await world.send(epoch, events)
    const counts = TYPES.map(({ type }) => ({ epoch, type, count: ids.length, lines: ids.length }))
    await acknowledgements.acknowledge(counts)
    await deliveries.delivered(`arrivals/${epoch}-${ids.join()}.gz`, counts)
    for (const { type } of TYPES)
      for (const name of await readdir(world.file(rawFolder(type, epoch))))
        await objects.put(
          `${rawFolder(type, epoch)}/${name}`,
          await readFile(world.file(`${rawFolder(type, epoch)}/${name}`)),
        )
  }

  async function batchOf(n: number): Promise<Asked> {
    const epoch = T0 + n * EPOCH
    await send(epoch, ['a', 'b'])
    world.clock = epoch + EPOCH + AFTER
    return meter.during(() => machines.run('batch', {}))
  }

  return {
    ...{ world, pipeline, ports },
    batchOf,
    /** An epoch's batch, then the backfill of two epochs in one of which lines have come late. */
    async measured(n: number): Promise<Runs> {
      const epoch = T0 + n * EPOCH
      const ofBatch = await batchOf(n)
      await send(epoch, [`late-${n}`], epoch - EPOCH)
      const range = { from: iso(epoch - EPOCH), to: iso(epoch + EPOCH) }
      return { batch: ofBatch, backfill: await meter.during(() => machines.run('backfill', range)) }
    },
    /** As many epochs as a year has before the first, alike. */
    addYear: () => addHistory(s3, double, tables, T0, YEAR),
    async close(): Promise<void> {
      await machines.drain()
      await lake.close()
      await world.dispose()
      dispose()
    },
  }
}
