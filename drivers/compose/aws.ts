import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { KeyRing } from '../../core/access/key-ring.ts'
import { horizonEpochs } from '../../core/data/epoch.ts'
import { metricShapes } from '../../core/declare/metric-kinds.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { RUN_INPUTS } from '../../core/declare/run-input.ts'
import type { TributaryError } from '../../core/errors.ts'
import type { Partitions } from '../../core/event/partition.ts'
import { dueMark } from '../../core/lake/lake-paths.ts'
import type { Arrivals } from '../../core/ports/arrivals.ts'
import type { DeadLetters } from '../../core/ports/dead-letters.ts'
import type { Holds } from '../../core/ports/holds.ts'
import type { Inbox } from '../../core/ports/inbox.ts'
import type { Ledger, PartitioningRecord, RawDeliveries } from '../../core/ports/ledger.ts'
import type { Markers } from '../../core/ports/markers.ts'
import type { Rejected } from '../../core/ports/rejected.ts'
import type { RunLock } from '../../core/ports/run-lock.ts'
import type { RunJournal } from '../../core/ports/runs.ts'
import type { SpeedConsumer } from '../../core/ports/stream/speed-consumer.ts'
import type { SpeedProgress } from '../../core/ports/stream/speed-progress.ts'
import type { Stream } from '../../core/ports/stream/stream.ts'
import type { StreamReader } from '../../core/ports/stream/stream-reader.ts'
import type { BatchViews, OpenEpoch, RealTimeViews } from '../../core/ports/views.ts'
import type { Warehouse } from '../../core/ports/warehouse.ts'
import { createArrivals } from '../arrivals/arrivals.ts'
import * as clients from '../aws/clients.ts'
import type { TimeLeft } from '../aws/retry.ts'
import { createDynamodbCountedSince, type SharedCountedSince } from '../counted-since/dynamodb.ts'
import { createS3DeadLetters } from '../dead-letters/s3/s3.ts'
import { createDynamodbHolds } from '../holds/dynamodb.ts'
import { createS3Inbox } from '../inbox/s3.ts'
import { createSecretsManagerKeys } from '../keys/secrets-manager.ts'
import { createDynamodbAcknowledgements } from '../ledger/dynamodb/acknowledgements.ts'
import { createDynamodbRawDeliveries } from '../ledger/dynamodb/deliveries.ts'
import { createDynamodbLedger } from '../ledger/dynamodb/dynamodb.ts'
import { createDynamodbPartitioning } from '../ledger/dynamodb/partitioning.ts'
import { createDynamodbMarkers } from '../markers/dynamodb/dynamodb.ts'
import { createLazyS3Objects } from '../objects/s3/lazy.ts'
import type { S3Objects } from '../objects/s3/s3.ts'
import { boundedRejected } from '../rejected/bounded.ts'
import { createFirehoseRejected } from '../rejected/firehose/firehose.ts'
import { createFirehoseSink } from '../rejected/firehose/sink.ts'
import { runId } from '../run-id.ts'
import { createDynamodbRunLock } from '../run-lock/dynamodb.ts'
import { createDynamodbRuns } from '../runs/dynamodb/dynamodb.ts'
import { executionGoesOn } from '../runs/step-functions/executions.ts'
import { createStepFunctionsRuns } from '../runs/step-functions/step-functions.ts'
import { createEventSourceMapping } from '../speed-control/event-source-mapping.ts'
import { createDynamodbSpeedProgress } from '../speed-progress/dynamodb.ts'
import { createAcknowledgedStream } from '../stream/acknowledged.ts'
import { createKinesisStream, KINESIS_RECORD_SIZE } from '../stream/kinesis/kinesis.ts'
import { createKinesisReader } from '../stream/kinesis/reader.ts'
import { createDynamodbBatchViews } from '../views/dynamodb-batch/views.ts'
import { createDynamodbRealTimeViews } from '../views/dynamodb-real-time/views.ts'
import { REDSHIFT_TEXTS } from '../warehouse/redshift/sql.ts'
import { awsSettings } from './aws-settings.ts'
import { redshiftOf } from './aws-warehouse.ts'
import { openFunctionLake } from './function-lake.ts'

/**
 * The engines on AWS, composed from the settings of the function that asks for them. What a function does not
 * ask for is left out of its bundle.
 */
export const settings = awsSettings(process.env)

const HOUR = 3_600_000

const control = () => ({
  client: clients.dynamodbClient(),
  table: settings.need('TRIBUTARY_TABLE_CONTROL'),
  epochLength: settings.need('TRIBUTARY_EPOCH'),
})

/**
 * Ms after an epoch's end when its last raw data can have come: Firehose's buffer, the split, and a margin.
 */
export const rawDelayMs = () => settings.need('TRIBUTARY_DELIVERY_BUFFER') * 1000 + 60_000

/** Where the ledger records how events are partitioned. */
export function partitioningRecord(): PartitioningRecord {
  const { client, table } = control()
  return createDynamodbPartitioning({ client, table })
}

/** The stream as ingest writes to it: what it has stored is counted in the ledger too. */
export function eventStream(
  spreadOf: (partition: number) => Partitions | undefined,
  report: (failure: TributaryError) => void,
): Stream {
  const ledger = createDynamodbAcknowledgements({ ...control(), container: randomUUID() })
  const stream = createKinesisStream({
    client: clients.kinesisClient(),
    stream: settings.need('TRIBUTARY_STREAM'),
    spreadOf,
  })
  return createAcknowledgedStream({ stream, ledger, report })
}

/** Epochs in which an event id is remembered. */
export function horizon(): number {
  return horizonEpochs(settings.need('TRIBUTARY_HORIZON'), settings.need('TRIBUTARY_EPOCH'))
}

export function markers(): Markers {
  return createDynamodbMarkers({
    client: clients.dynamodbClient(),
    table: settings.need('TRIBUTARY_TABLE_MARKERS'),
    horizon: horizon(),
    epochLength: settings.need('TRIBUTARY_EPOCH'),
    lagMs: settings.need('TRIBUTARY_STREAM_HOURS') * HOUR,
  })
}

export function speedProgress(): SpeedProgress {
  return createDynamodbSpeedProgress({ ...control(), now: Date.now })
}

/** Objects of the lake; S3's client is loaded with the first call. */
export function lakeObjects(): S3Objects {
  const bucket = settings.need('TRIBUTARY_LAKE')
  return createLazyS3Objects(async () => (await import('../aws/s3-objects.ts')).s3Objects(bucket))
}

export function rawDeliveries(): RawDeliveries {
  return createDynamodbRawDeliveries(control())
}

export function realTimeViews(pipeline: Pipeline): RealTimeViews & { readonly openEpoch: OpenEpoch } {
  return createDynamodbRealTimeViews({
    client: clients.dynamodbClient(),
    table: settings.need('TRIBUTARY_TABLE_REAL_TIME'),
    shapes: metricShapes(pipeline),
  })
}

export function batchViews(pipeline: Pipeline): BatchViews {
  return createDynamodbBatchViews({
    client: clients.dynamodbClient(),
    table: settings.need('TRIBUTARY_TABLE_BATCH'),
    shapes: metricShapes(pipeline),
  })
}

export function holds(): Holds {
  return createDynamodbHolds({
    client: clients.dynamodbClient(),
    table: settings.need('TRIBUTARY_TABLE_BATCH'),
  })
}

export function countedSince(): SharedCountedSince {
  return createDynamodbCountedSince({ ...control() })
}

export function ledger(pipeline: Pipeline): Ledger {
  return createDynamodbLedger({
    ...control(),
    now: Date.now,
    types: pipeline.latest.keys(),
    speed: realTimeViews(pipeline),
    batch: batchViews(pipeline),
    rawDelayMs: rawDelayMs(),
  })
}

/** Characters of JSON text that fill a record of the stream. */
export const recordSize = KINESIS_RECORD_SIZE

/** Rejected events outlive their mark of being replayed by no more than this. */
const REPLAY_MARKS_KEPT_MS = 400 * 24 * HOUR

const rejectedStream = () => ({
  firehose: { client: clients.firehoseClient(), stream: settings.need('TRIBUTARY_REJECTED_STREAM') },
})

/** Longest that good events of a request wait for its rejected ones, ms: half a second is for Firehose. */
const LONGEST_KEEP_MS = 2_000

/** The writing end alone, for ingest. */
export function rejectedSink(report: (failure: TributaryError) => void): Pick<Rejected, 'put'> {
  const sink = createFirehoseSink({ ...rejectedStream(), objects: lakeObjects(), report })
  return boundedRejected(sink, LONGEST_KEEP_MS)
}

export function rejectedEvents(): Rejected {
  return createFirehoseRejected({
    ...rejectedStream(),
    objects: lakeObjects(),
    marks: { ...control(), keptMs: REPLAY_MARKS_KEPT_MS },
  })
}

export function deadLetters(): DeadLetters {
  return createS3DeadLetters({ objects: lakeObjects(), now: Date.now })
}

/** The keys, as the secret has them. */
export function keys(report: (failure: unknown) => void): () => Promise<KeyRing> {
  return createSecretsManagerKeys({
    client: clients.secretsManagerClient(),
    secret: settings.need('TRIBUTARY_KEYS_SECRET'),
    patienceMs: 5_000,
    report,
    now: Date.now,
  })
}

/**
 * Folders on the function's own disk, the same after a crash of the process, so that what it left can be
 * removed.
 */
const scratch = (name: string) =>
  join(tmpdir(), `tributary-${name}-${process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? process.pid}`)

export function arrivals(): Arrivals {
  return createArrivals({ objects: lakeObjects(), scratch: scratch('arrivals') })
}

/** Marks an epoch of a type as due, for a function that has no lake to put things in. */
export async function markDue(type: string, epoch: number): Promise<void> {
  await lakeObjects().put(dueMark(type, epoch, ''), new Uint8Array())
}

/** Largest file of the inbox, bytes: it is copied to the disk of a function with 10,240 MB. */
const LARGEST_FILE = 8e9

/** Files that wait to be taken in. */
export function inbox(): Inbox {
  return createS3Inbox({ objects: lakeObjects(), scratch: scratch('inbox'), largest: LARGEST_FILE })
}

/** The lake with the engine that runs in the function itself; no limit where none is set. */
export function batchLake(remainingMs: TimeLeft) {
  return openFunctionLake({
    objects: lakeObjects(),
    bucket: settings.need('TRIBUTARY_LAKE'),
    scratch: scratch('lake'),
    memoryBytes: Number(process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']) * 2 ** 20,
    remainingMs,
    limits: { largestEpoch: settings.find('TRIBUTARY_LARGEST_EPOCH') ?? Number.POSITIVE_INFINITY },
  })
}

const recordedRuns = () => createDynamodbRuns({ ...control(), now: Date.now })

export function runJournal(): RunJournal {
  return recordedRuns()
}

/** What runs must not change at the same time. */
export type LockName = 'views' | 'inbox' | 'warehouse'

export function runLock(name: LockName): RunLock {
  const goesOn = executionGoesOn({ client: clients.stepFunctionsClient() })
  return createDynamodbRunLock({ ...control(), name, goesOn, now: Date.now })
}

/** Not `spark`: only the other machines call it, and few stacks have it. */
const startable = () => Object.keys(RUN_INPUTS).filter(name => name !== 'spark')

export function runs() {
  const prefix = settings.need('TRIBUTARY_MACHINES')
  return createStepFunctionsRuns({
    client: clients.stepFunctionsClient(),
    machines: Object.fromEntries(startable().map(name => [name, prefix + name])),
    recorded: recordedRuns(),
    newId: runId,
  })
}

export function speedConsumer(): SpeedConsumer {
  return createEventSourceMapping({
    client: clients.lambdaClient(),
    mapping: settings.need('TRIBUTARY_SPEED_MAPPING'),
    longestInvocationMs: settings.need('TRIBUTARY_SPEED_TIMEOUT') * 1000,
  })
}

export function streamReader(): StreamReader {
  return createKinesisReader({
    client: clients.kinesisClient(),
    stream: settings.need('TRIBUTARY_STREAM'),
    now: Date.now,
  })
}

const warehouseWorkgroup = () => settings.find('TRIBUTARY_WAREHOUSE_WORKGROUP')

/** How the warehouse's files are to be written; false where there is none. */
export const warehouseTexts = () => warehouseWorkgroup() !== undefined && REDSHIFT_TEXTS

/** The warehouse; undefined where the stack has none. */
export function warehouse(pipeline: Pick<Pipeline, 'latest' | 'metrics'>): Warehouse | undefined {
  const workgroup = warehouseWorkgroup()
  if (workgroup === undefined) return undefined
  return redshiftOf({ client: clients.redshiftDataClient(), workgroup }, settings, pipeline)
}
