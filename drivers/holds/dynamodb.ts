import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Hold, Holds } from '../../core/ports/holds.ts'
import { deleteItem, putItem } from '../aws/dynamodb/items.ts'
import { queryAll } from '../aws/dynamodb/query.ts'
import { type Access, keyAttributes } from '../aws/dynamodb/table.ts'
import { timeLeftOf } from '../aws/retry.ts'

export type DynamodbHoldsOptions = {
  readonly client: DynamoDBClient
  /** The table of the batch views, with the keys `pk` and `sk` (texts). */
  readonly table: string
  /** Milliseconds that one call may take (25,000). */
  readonly timeoutMs?: number
}

/** No metric is called so: its name has no bar at the beginning. */
const PK = '|held'

/**
 * What is held, as items beside the batch views: pk `|held`, sk `<mode>|<id>`, the entry as JSON.
 *
 * @throws (each call) TributaryError `overloaded`, `timeout`, `unavailable`, `storage_failed`
 */
export function createDynamodbHolds({ client, table, timeoutMs = 25_000 }: DynamodbHoldsOptions): Holds {
  const begin = (): Access => ({ client, table, timeLeft: timeLeftOf(timeoutMs) })
  const keyOf = (id: string, mode: Hold['mode']) => ({ pk: PK, sk: `${mode}|${id}` })
  return {
    async list() {
      const items = await queryAll(begin(), { pk: PK })
      return items.map(item => JSON.parse(item['hold']!.S!) as Hold)
    },
    async put(hold) {
      const item = { ...keyAttributes(keyOf(hold.id, hold.mode)), hold: { S: JSON.stringify(hold) } }
      await putItem(begin(), item)
    },
    async release(id, mode) {
      await deleteItem(begin(), keyOf(id, mode))
    },
  }
}
