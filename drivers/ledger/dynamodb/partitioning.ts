import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Partitioning } from '../../../core/event/partitioning.ts'
import type { PartitioningRecord } from '../../../core/ports/ledger.ts'
import { getItem, putIf } from '../../aws/dynamodb/items.ts'
import { keyAttributes } from '../../aws/dynamodb/table.ts'
import { timeLeftOf } from '../../aws/retry.ts'

export type DynamodbPartitioningOptions = {
  readonly client: DynamoDBClient
  /** The control table. */
  readonly table: string
  /** Milliseconds that one call may take (5,000): senders wait for it. */
  readonly timeoutMs?: number
}

const KEY = { pk: 'partitioning', sk: 'all' } as const

/**
 * How events are partitioned, as one item of the control table: JSON under a version. It never expires.
 *
 * @throws (each call) TributaryError `overloaded`, `timeout`, `unavailable`, `storage_failed`
 */
export function createDynamodbPartitioning(options: DynamodbPartitioningOptions): PartitioningRecord {
  const { client, table, timeoutMs = 5_000 } = options
  const begin = () => ({ client, table, timeLeft: timeLeftOf(timeoutMs) })

  return {
    async read() {
      const item = await getItem(begin(), KEY, 'read how events are partitioned in')
      if (item === undefined) return undefined
      const partitioning = JSON.parse(item['partitioning']!.S!) as Partitioning
      return { version: Number(item['version']!.N), partitioning }
    },
    async replace(seen, next) {
      const item = {
        ...keyAttributes(KEY),
        partitioning: { S: JSON.stringify(next) },
        version: { N: String((seen ?? 0) + 1) },
      }
      const condition =
        seen === undefined
          ? { text: 'attribute_not_exists(pk)' }
          : { text: 'version = :seen', values: { ':seen': { N: String(seen) } } }
      return (await putIf(begin(), item, condition, 'record how events are partitioned in')).held
    },
  }
}
