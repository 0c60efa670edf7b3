import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  BatchWriteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import type { Bench } from './row.ts'

type Item = Record<string, AttributeValue>

// The calls of the rows, each on the row's table.

export function put({ client, table }: Bench, Item: Item, more: Partial<PutItemCommandInput> = {}) {
  return client.send(new PutItemCommand({ TableName: table, Item, ...more }))
}

export function update({ client, table }: Bench, Key: Item, more: Partial<UpdateItemCommandInput>) {
  return client.send(new UpdateItemCommand({ TableName: table, Key, ...more }))
}

export async function get({ client, table }: Bench, Key: Item, ConsistentRead = true) {
  return (await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead }))).Item
}

export function query(
  { client, table }: Bench,
  condition: string,
  values: Item,
  more: Partial<QueryCommandInput> = {},
) {
  return client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: condition,
      ExpressionAttributeValues: values,
      ConsistentRead: true,
      ...more,
    }),
  )
}

/** Sort keys of what a query finds. */
export async function found(...args: Parameters<typeof query>): Promise<readonly string[]> {
  return (await query(...args)).Items!.map(({ sk }) => sk!.S!)
}

export function puts({ client, table }: Bench, items: readonly Item[]) {
  const requests = items.map(item => ({ PutRequest: { Item: item } }))
  return client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }))
}

/** Runs statements in which `T` stands for the table. */
export async function run({ client, table }: Bench, statements: readonly BatchStatementRequest[]) {
  const Statements = statements.map(each => ({
    ...each,
    Statement: each.Statement!.replace(' T ', ` "${table}" `),
  }))
  const { Responses } = await client.send(new BatchExecuteStatementCommand({ Statements }))
  return Responses!
}

/** Codes of the statements' errors, or `done`. */
export async function codes(...args: Parameters<typeof run>): Promise<readonly string[]> {
  return (await run(...args)).map(({ Error: failed }) => failed?.Code ?? 'done')
}

export function transact({ client }: Bench, TransactItems: TransactWriteItem[]) {
  return client.send(new TransactWriteItemsCommand({ TransactItems }))
}
