import type { DeadLetters } from '../../../core/ports/dead-letters.ts'
import type { Markers } from '../../../core/ports/markers.ts'
import type { SpeedConsumer } from '../../../core/ports/stream/speed-consumer.ts'
import type { SpeedProgress } from '../../../core/ports/stream/speed-progress.ts'
import type { StreamReader } from '../../../core/ports/stream/stream-reader.ts'
import * as clients from '../../aws/clients.ts'
import { createS3DeadLetters } from '../../dead-letters/s3/s3.ts'
import { createDynamodbMarkers } from '../../markers/dynamodb/dynamodb.ts'
import { createEventSourceMapping } from '../../speed-control/event-source-mapping.ts'
import { createDynamodbSpeedProgress } from '../../speed-progress/dynamodb.ts'
import { createKinesisReader } from '../../stream/kinesis/reader.ts'
import { control, HOUR, horizon, lakeObjects, settings } from './common.ts'

/** What the speed layer works with on AWS. */

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

export function deadLetters(): DeadLetters {
  return createS3DeadLetters({ objects: lakeObjects(), now: Date.now })
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
