import { BatchWriteItemCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateEventSourceMappingCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import {
  GetBucketNotificationConfigurationCommand,
  GetObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from '@aws-sdk/client-scheduler'
import { keysUnder } from '../ministack/raw-lake.ts'
import type { DrillStage } from './stage.ts'

/** What goes wrong on a stage, and how somebody mends the cause where the page says so. */

const settings = ({ platform }: DrillStage) => platform.emulator.settings

/** Switches the timer of batches off. */
export async function stopBatches(stage: DrillStage): Promise<void> {
  const client = new SchedulerClient(settings(stage))
  const { stack } = stage.platform
  const { $metadata: _, ...schedule } = await client.send(
    new GetScheduleCommand({ Name: `${stack}-batch`, GroupName: stack }),
  )
  const { Name, GroupName, ScheduleExpression, FlexibleTimeWindow, Target } = schedule
  const same = { Name, GroupName, ScheduleExpression, FlexibleTimeWindow, Target }
  await client.send(new UpdateScheduleCommand({ ...same, State: 'DISABLED' }))
}

/** Takes the stream from the speed layer. */
export async function stopSpeed(stage: DrillStage): Promise<void> {
  const UUID = stage.platform.resources['SpeedMapping']
  await new LambdaClient(settings(stage)).send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }))
}

/** Gives a function a setting that it cannot start with; answers what takes it away again. */
export async function misconfigure(
  stage: DrillStage,
  name: string,
  wrong: Readonly<Record<string, string>>,
): Promise<() => Promise<void>> {
  const client = new LambdaClient(settings(stage))
  const FunctionName = `${stage.platform.stack}-${name}`
  const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }))
  const Variables = Environment?.Variables ?? {}
  const set = async (more: Readonly<Record<string, string>>) =>
    void (await client.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName,
        Environment: { Variables: { ...Variables, ...more } },
      }),
    ))
  await set(wrong)
  return () => set({})
}

/** Tells nobody of new objects any more; answers what does so again. */
export async function hideArrivals({ platform }: DrillStage): Promise<() => Promise<void>> {
  const { s3, lake: Bucket } = platform
  const { $metadata: _, ...notifications } = await s3.send(
    new GetBucketNotificationConfigurationCommand({ Bucket }),
  )
  const put = async (NotificationConfiguration: object) =>
    void (await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration })))
  await put({})
  return () => put(notifications)
}

/** Something that is no event comes into the stream. */
export async function putGarbage(stage: DrillStage): Promise<void> {
  const record = { PartitionKey: '0', Data: Buffer.from('no event at all') }
  const StreamName = stage.platform.resources['EventStream']
  await new KinesisClient(settings(stage)).send(new PutRecordCommand({ StreamName, ...record }))
}

/** An object as Lambda writes of records that it gives up. */
export async function writeGivenUp({ platform }: DrillStage): Promise<void> {
  const Key = 'aws/lambda/given-up/2026/11/27/one.json'
  await platform.s3.send(new PutObjectCommand({ Bucket: platform.lake, Key, Body: '{}' }))
}

/** Firehose delivers an arrival a second time, after its epoch was published. */
export async function repeatArrival({ platform }: DrillStage): Promise<void> {
  const { s3, lake: Bucket } = platform
  const [key] = await keysUnder(s3, Bucket, 'arrivals/')
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key }))
  const bytes = await Body!.transformToByteArray()
  await s3.send(new PutObjectCommand({ Bucket, Key: `${key}-again`, Body: bytes }))
}

/** The speed layer loses what it holds of a metric: its items, of all epochs that are not published yet. */
export async function loseRealTime(stage: DrillStage, metric: string): Promise<void> {
  const client = new DynamoDBClient(settings(stage))
  const TableName = stage.platform.resources['RealTimeTable']!
  let lost = 0
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true }))
    for (const { pk, sk } of Items) {
      // Not which epochs there are of it, only what was counted.
      if (!pk!.S!.startsWith(`${metric}|`) || pk!.S!.endsWith('|epochs')) continue
      const requests = [{ DeleteRequest: { Key: { pk: pk!, sk: sk! } } }]
      await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }))
      lost += 1
    }
  if (lost === 0) throw new Error(`the speed layer holds nothing of ${metric} that it could lose`)
}
