import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import type { SpeedProgress } from '../../core/ports/speed-progress.ts'
import { retrying, timeLeftOf } from '../aws/retry.ts'

const PK = 'speed-progress'
const TIMEOUT_MS = 2_000
/** A shard that was quiet for longer says nothing about now. */
const LATELY_MS = 15 * 60_000
/** Notes outlive their use by this, seconds. */
const KEPT_SECONDS = 86_400

/** An item a shard in the control table, written once a batch: half a thousandth of a cent a thousand batches. */
export function dynamodbSpeedProgress(options: {
  readonly client: DynamoDBClient
  readonly table: string
  /** ms since 1970. */
  readonly now: () => number
}): SpeedProgress {
  const { client, table, now } = options
  return {
    async applied(shard, receivedAt) {
      const at = now()
      const command = new PutItemCommand({
        TableName: table,
        Item: {
          pk: { S: PK },
          sk: { S: shard },
          at: { N: String(at) },
          lag: { N: String(Math.max(0, at - receivedAt)) },
          expires: { N: String(Math.ceil(at / 1000) + KEPT_SECONDS) },
        },
      })
      await retrying(abortSignal => client.send(command, { abortSignal }), {
        what: `note the speed layer's progress in table ${table}`,
        timeLeft: timeLeftOf(TIMEOUT_MS),
      })
    },
    async lag() {
      const command = new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        FilterExpression: '#at > :lately',
        ExpressionAttributeNames: { '#at': 'at' },
        ExpressionAttributeValues: { ':pk': { S: PK }, ':lately': { N: String(now() - LATELY_MS) } },
      })
      // One page: a thousand shards take 100 KB of the megabyte that it holds.
      const { Items = [] } = await retrying(abortSignal => client.send(command, { abortSignal }), {
        what: `read the speed layer's progress from table ${table}`,
        timeLeft: timeLeftOf(TIMEOUT_MS),
      })
      return Math.max(0, ...Items.map(item => Number(item['lag']?.N)))
    },
  }
}
