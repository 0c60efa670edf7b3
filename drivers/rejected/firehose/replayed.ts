import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { receivedAt } from '../../../core/event/receipt.ts'
import { itemsAt, writeItems } from '../../aws/dynamodb/batches.ts'
import { type Access, type Attributes, keyAttributes } from '../../aws/dynamodb/table.ts'
import { timeLeftOf } from '../../aws/retry.ts'

export type ReplayMarks = {
  readonly client: DynamoDBClient
  /** The control table: pk and sk texts, TTL in `expires`. */
  readonly table: string
  /**
   * How long a mark outlives the rejection's receipt, ms: at least as long as the bucket keeps rejected
   * events.
   */
  readonly keptMs: number
}

const DEADLINE_MS = 10_000
const PREFIX = 'replayed#'

/** A partition key a receipt: marks spread over all of the table. */
function keyOf(receipt: string): Attributes {
  return keyAttributes({ pk: PREFIX + receipt, sk: 'mark' })
}

/** Marks receipts as replayed. Marking again is harmless. */
export async function mark(marks: ReplayMarks, receipts: readonly string[]): Promise<void> {
  const requests = [...new Set(receipts)].map(receipt => ({
    PutRequest: { Item: { ...keyOf(receipt), expires: expiry(receipt, marks) } },
  }))
  await writeItems(begin(marks), requests, 'mark replayed events in')
}

/** Which of the receipts are marked. */
export async function marked(marks: ReplayMarks, receipts: readonly string[]): Promise<ReadonlySet<string>> {
  const items = await itemsAt(begin(marks), receipts.map(keyOf), 'read marks of replayed events in')
  return new Set(items.map(({ pk }) => pk!.S!.slice(PREFIX.length)))
}

function begin({ client, table }: ReplayMarks): Access {
  return { client, table, timeLeft: timeLeftOf(DEADLINE_MS) }
}

function expiry(receipt: string, { keptMs }: ReplayMarks) {
  return { N: String(Math.ceil((receivedAt(receipt) + keptMs) / 1000)) }
}
