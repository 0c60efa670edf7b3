import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { receivedAt } from '../../../core/event/receipt.ts'
import { chunked } from '../../aws/chunked.ts'
import { retrying, timeLeftOf } from '../../aws/retry.ts'

export type ReplayMarks = {
  readonly client: DynamoDBClient
  /** The control table: pk and sk texts, TTL in `expires`. */
  readonly table: string
  /** How long a mark outlives the rejection's receipt, ms: at least as long as the bucket keeps rejected events. */
  readonly keptMs: number
}

/** DynamoDB takes so many items a call. */
const GET = 100
const PUT = 25
const DEADLINE_MS = 10_000

type Key = { readonly pk: AttributeValue; readonly sk: AttributeValue }

/** A partition key a receipt: marks spread over all of the table. */
function keyOf(receipt: string): Key {
  return { pk: { S: `replayed#${receipt}` }, sk: { S: 'mark' } }
}

/** Marks receipts as replayed. Marking again is harmless. */
export async function mark({ client, table, keptMs }: ReplayMarks, receipts: readonly string[]) {
  const call = { what: `mark replayed events in table ${table}`, timeLeft: timeLeftOf(DEADLINE_MS) }
  for (const some of chunked([...new Set(receipts)], PUT)) {
    let open = some.map(receipt => ({
      PutRequest: { Item: { ...keyOf(receipt), ...expiry(receipt, keptMs) } },
    }))
    await retrying(async abortSignal => {
      const command = new BatchWriteItemCommand({ RequestItems: { [table]: open } })
      const { UnprocessedItems } = await client.send(command, { abortSignal })
      open = (UnprocessedItems?.[table] ?? []) as typeof open
      if (open.length > 0) throw unprocessed()
    }, call)
  }
}

function expiry(receipt: string, keptMs: number): { expires: AttributeValue } {
  return { expires: { N: String(Math.ceil((receivedAt(receipt) + keptMs) / 1000)) } }
}

/** Which of the receipts are marked. */
export async function marked(
  { client, table }: ReplayMarks,
  receipts: readonly string[],
): Promise<ReadonlySet<string>> {
  const call = { what: `read marks of replayed events in table ${table}`, timeLeft: timeLeftOf(DEADLINE_MS) }
  const found = new Set<string>()
  for (const some of chunked(receipts, GET)) {
    let Keys: Record<string, AttributeValue>[] = some.map(keyOf)
    await retrying(async abortSignal => {
      const query = { Keys, ProjectionExpression: 'pk', ConsistentRead: true }
      const command = new BatchGetItemCommand({ RequestItems: { [table]: query } })
      const { Responses, UnprocessedKeys } = await client.send(command, { abortSignal })
      for (const { pk } of Responses?.[table] ?? []) found.add(pk!.S!.slice('replayed#'.length))
      Keys = UnprocessedKeys?.[table]?.Keys ?? []
      if (Keys.length > 0) throw unprocessed()
    }, call)
  }
  return found
}

/** What DynamoDB leaves unprocessed it had no capacity for. */
function unprocessed(): Error {
  return Object.assign(new Error('items were left unprocessed'), { name: 'ThrottlingException' })
}
