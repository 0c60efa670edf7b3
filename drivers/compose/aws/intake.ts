import { randomUUID } from 'node:crypto'
import type { KeyRing } from '../../../core/access/key-ring.ts'
import type { TributaryError } from '../../../core/errors.ts'
import type { Partitions } from '../../../core/event/partition.ts'
import type { ManagedKeys } from '../../../core/ports/callers/managed-keys.ts'
import type { Inbox } from '../../../core/ports/inbox.ts'
import type { PartitioningRecord } from '../../../core/ports/ledger.ts'
import type { Rejected } from '../../../core/ports/rejected.ts'
import type { Stream } from '../../../core/ports/stream/stream.ts'
import * as clients from '../../aws/clients.ts'
import { createS3Inbox } from '../../inbox/s3.ts'
import { createDynamodbKeys } from '../../keys/managed/dynamodb.ts'
import { createRememberedRing } from '../../keys/managed/remembered-ring.ts'
import { createSecretsManagerKeys } from '../../keys/secrets-manager.ts'
import { createDynamodbAcknowledgements } from '../../ledger/dynamodb/acknowledgements.ts'
import { createDynamodbPartitioning } from '../../ledger/dynamodb/partitioning.ts'
import { boundedRejected } from '../../rejected/bounded.ts'
import { createFirehoseRejected } from '../../rejected/firehose/firehose.ts'
import { createFirehoseSink } from '../../rejected/firehose/sink.ts'
import { createAcknowledgedStream } from '../../stream/acknowledged.ts'
import { createKinesisStream, KINESIS_RECORD_SIZE } from '../../stream/kinesis/kinesis.ts'
import { control, HOUR, lakeObjects, scratch, settings } from './common.ts'

/** What takes events in on AWS: the stream, rejected events, keys and the inbox. */

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

/** Characters of JSON text that fill a record of the stream. */
export const recordSize = KINESIS_RECORD_SIZE

/** Rejected events outlive their mark of being replayed by no more than this. */
const REPLAY_MARKS_KEPT_MS = 400 * 24 * HOUR

const rejectedStream = () => ({
  firehose: { client: clients.firehoseClient(), stream: settings.need('TRIBUTARY_REJECTED_STREAM') },
})

/** The writing end alone, for ingest. */
export function rejectedSink(report: (failure: TributaryError) => void): Pick<Rejected, 'put'> {
  const sink = createFirehoseSink({ ...rejectedStream(), objects: lakeObjects(), report })
  return boundedRejected(sink)
}

export function rejectedEvents(): Rejected {
  return createFirehoseRejected({
    ...rejectedStream(),
    objects: lakeObjects(),
    marks: { ...control(), keptMs: REPLAY_MARKS_KEPT_MS },
  })
}

/** The keys, as the secret and the control table have them. */
export function keys(report: (failure: unknown) => void): () => Promise<KeyRing> {
  const set = createSecretsManagerKeys({
    client: clients.secretsManagerClient(),
    secret: settings.need('TRIBUTARY_KEYS_SECRET'),
    patienceMs: 5_000,
    report,
    now: Date.now,
  })
  return createRememberedRing({ set, made: managedKeys(), report, now: Date.now })
}

/** Keys that are made by the API. */
export function managedKeys(): ManagedKeys {
  const { client, table } = control()
  return createDynamodbKeys({ client, table })
}

/** Largest file of the inbox, bytes: it is copied to the disk of a function with 10,240 MB. */
const LARGEST_FILE = 8e9

/** Files that wait to be taken in. */
export function inbox(): Inbox {
  return createS3Inbox({ objects: lakeObjects(), scratch: scratch('inbox'), largest: LARGEST_FILE })
}
