import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { retrying, timeLeftOf } from '../../aws/retry.ts'
import type { Item } from './items.ts'

/** Where the record of runs is kept. */
export type RunTable = {
  readonly client: DynamoDBClient
  /** The control table. */
  readonly table: string
  /** Patience with one call, ms. */
  readonly timeoutMs: number
}

type Key = { readonly pk: string; readonly sk: string }

/** Which items of a partition a query reads, and in which direction. */
export type Range = {
  readonly pk: string
  readonly prefix?: string
  readonly limit: number
  readonly newestFirst?: boolean
}

const keyOf = ({ pk, sk }: Key): Item => ({ pk: { S: pk }, sk: { S: sk } })

export async function getItem(table: RunTable, key: Key): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: table.table, Key: keyOf(key), ConsistentRead: true })
  const { Item } = await calling(table, 'read', signal => table.client.send(command, { abortSignal: signal }))
  return Item
}

export async function putItem(table: RunTable, item: Item): Promise<void> {
  const command = new PutItemCommand({ TableName: table.table, Item: item })
  await calling(table, 'write', signal => table.client.send(command, { abortSignal: signal }))
}

export async function deleteItem(table: RunTable, key: Key): Promise<void> {
  const command = new DeleteItemCommand({ TableName: table.table, Key: keyOf(key) })
  await calling(table, 'write', signal => table.client.send(command, { abortSignal: signal }))
}

/** Sets attributes of one item, of an expression's 4 KB as many at a time as fit; others stay. */
export async function setAttributes(
  table: RunTable,
  key: Key,
  attributes: ReadonlyMap<string, AttributeValue>,
): Promise<void> {
  const entries = [...attributes]
  for (let at = 0; at < entries.length; at += 100) {
    const some = entries.slice(at, at + 100)
    const command = new UpdateItemCommand({
      TableName: table.table,
      Key: keyOf(key),
      UpdateExpression: `SET ${some.map((_, i) => `#${i} = :${i}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(some.map(([name], i) => [`#${i}`, name])),
      ExpressionAttributeValues: Object.fromEntries(some.map(([, value], i) => [`:${i}`, value])),
    })
    await calling(table, 'write', signal => table.client.send(command, { abortSignal: signal }))
  }
}

/** Items of one partition, page by page (of 1 MB), at most `limit` of them. */
export async function* query(table: RunTable, range: Range): AsyncGenerator<readonly Item[]> {
  let left = range.limit
  let from: Item | undefined
  do {
    const command = new QueryCommand({
      TableName: table.table,
      KeyConditionExpression: `pk = :pk${range.prefix === undefined ? '' : ' AND begins_with(sk, :prefix)'}`,
      ExpressionAttributeValues: {
        ':pk': { S: range.pk },
        ...(range.prefix !== undefined && { ':prefix': { S: range.prefix } }),
      },
      ScanIndexForward: range.newestFirst !== true,
      Limit: left,
      ConsistentRead: true,
      ...(from && { ExclusiveStartKey: from }),
    })
    const page = await calling(table, 'read', signal => table.client.send(command, { abortSignal: signal }))
    left -= page.Items?.length ?? 0
    from = page.LastEvaluatedKey
    yield page.Items ?? []
  } while (from !== undefined && left > 0)
}

/** The items of a range that is known to be small. */
export async function items(table: RunTable, range: Range): Promise<readonly Item[]> {
  const found: Item[] = []
  for await (const page of query(table, range)) found.push(...page)
  return found
}

function calling<T>(
  { table, timeoutMs }: RunTable,
  verb: string,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  return retrying(call, {
    what: `${verb} the record of runs in table ${table}`,
    timeLeft: timeLeftOf(timeoutMs),
  })
}
