import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose'
import { createFirehoseRejected } from '../../../../drivers/rejected/firehose/firehose.ts'
import { createTable } from '../../../engines/dynamodb/tables.ts'
import { ACCOUNT, type Ministack } from '../../../engines/ministack.ts'
import { s3Bench } from '../../objects/s3/kit.ts'

export const KEPT_MS = 400 * 86_400_000

/** A delivery stream, its bucket and a control table on the emulator. */
export async function rejectedBench(ministack: Ministack, patienceMs = 20_000) {
  const bench = await s3Bench(ministack)
  const firehose = new FirehoseClient(ministack.settings())
  const dynamodb = new DynamoDBClient(ministack.settings())
  const table = await createTable(dynamodb, 'control')
  const stream = ministack.name('delivery')
  await firehose.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: stream,
      DeliveryStreamType: 'DirectPut',
      ExtendedS3DestinationConfiguration: {
        RoleARN: `arn:aws:iam::${ACCOUNT}:role/firehose`,
        BucketARN: `arn:aws:s3:::${bench.bucket}`,
        Prefix: 'rejected/!{timestamp:yyyy/MM/dd/HH}/',
        ErrorOutputPrefix: 'rejected-failed/!{firehose:error-output-type}/',
        FileExtension: '.jsonl.gz',
      },
    }),
  )
  const told: string[] = []
  const rejected = createFirehoseRejected({
    firehose: { client: firehose, stream },
    objects: bench.objects,
    marks: { client: dynamodb, table, keptMs: KEPT_MS },
    patienceMs,
    report: failure => void told.push(failure.code),
  })
  return { ...bench, told, firehose, dynamodb, table, stream, rejected }
}
