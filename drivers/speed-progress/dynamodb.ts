import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SpeedProgress } from '../../core/ports/stream/speed-progress.ts'
import { putItem } from '../aws/dynamodb/items.ts'
import { queryAll } from '../aws/dynamodb/query.ts'
import { timeLeftOf } from '../aws/retry.ts'

const PK = 'speed-progress'
const TIMEOUT_MS = 2_000
/** A shard that was quiet for longer says nothing about now. */
const LATELY_MS = 15 * 60_000
/** Notes outlive their use by this, seconds. */
const KEPT_SECONDS = 86_400

/**
 * An item a shard in the control table, written once a batch: half a thousandth of a cent a thousand batches.
 */
export function createDynamodbSpeedProgress(options: {
  readonly client: DynamoDBClient
  readonly table: string
  /** ms since 1970. */
  readonly now: () => number
}): SpeedProgress {
  const { client, table, now } = options
  const begin = () => ({ client, table, timeLeft: timeLeftOf(TIMEOUT_MS) })
  return {
    async applied(shard, receivedAt) {
      const at = now()
      const item = {
        pk: { S: PK },
        sk: { S: shard },
        at: { N: String(at) },
        lag: { N: String(Math.max(0, at - receivedAt)) },
        expires: { N: String(Math.ceil(at / 1000) + KEPT_SECONDS) },
      }
      await putItem(begin(), item, "note the speed layer's progress in")
    },
    async lag() {
      const since = now() - LATELY_MS
      // One page: a thousand shards take 100 KB of the megabyte that it holds.
      const items = await queryAll(begin(), { pk: PK }, "read the speed layer's progress from")
      const late = items.filter(item => Number(item['at']?.N) > since)
      return Math.max(0, ...late.map(item => Number(item['lag']?.N)))
    },
  }
}
