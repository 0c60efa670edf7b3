import type { APIGatewayProxyEventV2, Context, KinesisStreamEvent } from 'aws-lambda'
import type { TakenRecord } from './meter.ts'

/** The context of a call with half a minute left. */
export const CONTEXT = {
  functionName: 'bench',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:bench',
  memoryLimitInMB: '1769',
  awsRequestId: 'bench',
  getRemainingTimeInMillis: () => 30_000,
} as Context

/** A request of `POST /v1/events` as API Gateway hands it over after the key authorizer. */
export function ingestEvent(body: string): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: 'POST /v1/events',
    rawPath: '/v1/events',
    rawQueryString: '',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    requestContext: {
      authorizer: { lambda: { scopes: 'write' } },
      http: {
        method: 'POST',
        path: '/v1/events',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'bench',
      },
    } as never,
    body,
    isBase64Encoded: false,
  }
}

export type Mapping = {
  readonly partitions: number
  readonly shards: number
  /** ParallelizationFactor. */
  readonly parallelization: number
  /** Most records of a batch. */
  readonly batchSize: number
}

/**
 * The batches that an event source mapping makes of what arrived in one batching window: by shard and
 * consumer, in order.
 */
export function speedEvents(
  records: readonly TakenRecord[],
  mapping: Mapping,
  arrived: number,
): KinesisStreamEvent[] {
  const { partitions, shards, parallelization, batchSize } = mapping
  const queues = Map.groupBy(records, ({ partitionKey }) => {
    // The partitions of a stage are numbered on from some number.
    const partition = Number(partitionKey) % partitions
    return `${Math.floor((partition * shards) / partitions)}:${partition % parallelization}`
  })
  return [...queues].flatMap(([queue, all]) => {
    const shard = `shardId-${queue.split(':')[0]!.padStart(12, '0')}`
    const batches = Array.from({ length: Math.ceil(all.length / batchSize) }, (_, i) =>
      all.slice(i * batchSize, (i + 1) * batchSize),
    )
    return batches.map(batch => ({ Records: batch.map(record => kinesisRecord(record, shard, arrived)) }))
  })
}

function kinesisRecord({ partitionKey, data, sequenceNumber }: TakenRecord, shard: string, arrived: number) {
  return {
    eventID: `${shard}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventSourceARN: 'arn:aws:kinesis:eu-central-1:123456789012:stream/events',
    awsRegion: 'eu-central-1',
    invokeIdentityArn: 'arn:aws:iam::123456789012:role/bench',
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey,
      sequenceNumber,
      data,
      approximateArrivalTimestamp: arrived / 1000,
    },
  }
}
