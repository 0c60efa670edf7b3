import { metricShapes } from '../../../core/declare/metric-kinds.ts'
import type { Pipeline } from '../../../core/declare/pipeline.ts'
import type { Holds } from '../../../core/ports/holds.ts'
import type { Ledger, RawDeliveries } from '../../../core/ports/ledger.ts'
import type { BatchViews, OpenEpoch, RealTimeViews } from '../../../core/ports/views.ts'
import * as clients from '../../aws/clients.ts'
import { createDynamodbCountedSince, type SharedCountedSince } from '../../counted-since/dynamodb.ts'
import { createDynamodbHolds } from '../../holds/dynamodb.ts'
import { createDynamodbRawDeliveries } from '../../ledger/dynamodb/deliveries.ts'
import { createDynamodbLedger } from '../../ledger/dynamodb/dynamodb.ts'
import { createDynamodbBatchViews } from '../../views/dynamodb-batch/views.ts'
import { createDynamodbRealTimeViews } from '../../views/dynamodb-real-time/views.ts'
import { control, settings } from './common.ts'

/** Views and what is known of epochs, on AWS. */

/**
 * Ms after an epoch's end when its last raw data can have come: Firehose's buffer, the split, and a margin.
 */
export const rawDelayMs = () => settings.need('TRIBUTARY_DELIVERY_BUFFER') * 1000 + 60_000

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
