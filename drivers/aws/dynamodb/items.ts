import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { type Access, type Attributes, calling, type Key, keyAttributes } from './table.ts'

/**
 * A clause in DynamoDB's expression language, with the names (`#name`) and values (`:value`) it speaks of.
 */
export type Expression = {
  readonly text: string
  readonly names?: Readonly<Record<string, string>>
  readonly values?: Attributes
}

/** What became of a conditional write: a condition that does not hold is an answer, not a failure. */
export type WriteOutcome =
  | { readonly held: true }
  /** `item`: what stands in the way, where there is something and DynamoDB shows it. */
  | { readonly held: false; readonly item: Attributes | undefined }

// `what` of every call: the words before the table's name in errors, as in `put an item of the ledger into`.

/** One item, in a consistent read. */
export async function getItem(access: Access, key: Key, what = 'read an item of') {
  const command = new GetItemCommand({
    TableName: access.table,
    Key: keyAttributes(key),
    ConsistentRead: true,
  })
  const { Item } = await calling(access, what, abortSignal => access.client.send(command, { abortSignal }))
  return Item
}

/** Stores an item whole. Storing it again, also after a lost answer, changes nothing. */
export async function putItem(access: Access, item: Attributes, what = 'put an item into'): Promise<void> {
  const command = new PutItemCommand({ TableName: access.table, Item: item })
  await calling(access, what, abortSignal => access.client.send(command, { abortSignal }))
}

export async function deleteItem(access: Access, key: Key, what = 'delete an item of'): Promise<void> {
  const command = new DeleteItemCommand({ TableName: access.table, Key: keyAttributes(key) })
  await calling(access, what, abortSignal => access.client.send(command, { abortSignal }))
}

/** Changes attributes of an item, or makes it; others stay. */
export async function updateItem(
  access: Access,
  key: Key,
  update: Expression,
  what = 'update an item of',
): Promise<void> {
  const command = new UpdateItemCommand({ ...updateOf(access, key, update), ...namesAndValues(update) })
  await calling(access, what, abortSignal => access.client.send(command, { abortSignal }))
}

/** Stores an item whole where the condition holds for what is there. */
export function putIf(
  access: Access,
  item: Attributes,
  condition: Expression,
  what = 'put an item into',
): Promise<WriteOutcome> {
  const command = new PutItemCommand({
    TableName: access.table,
    Item: item,
    ...conditionOf(condition),
    ...namesAndValues(condition),
  })
  return calling(access, what, abortSignal => outcomeOf(access.client.send(command, { abortSignal })))
}

/**
 * Changes attributes of an item where the condition holds for it. Names and values of both clauses may be
 * given with either.
 */
export function updateIf(
  access: Access,
  key: Key,
  update: Expression,
  condition: Expression,
  what = 'update an item of',
): Promise<WriteOutcome> {
  const command = new UpdateItemCommand({
    ...updateOf(access, key, update),
    ...conditionOf(condition),
    ...namesAndValues(update, condition),
  })
  return calling(access, what, abortSignal => outcomeOf(access.client.send(command, { abortSignal })))
}

async function outcomeOf(write: Promise<unknown>): Promise<WriteOutcome> {
  try {
    await write
    return { held: true }
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return { held: false, item: error.Item }
    throw error
  }
}

function updateOf({ table }: Access, key: Key, update: Expression) {
  return { TableName: table, Key: keyAttributes(key), UpdateExpression: update.text }
}

function conditionOf({ text }: Expression) {
  return { ConditionExpression: text, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const
}

/** DynamoDB refuses empty ones. */
function namesAndValues(...expressions: readonly Expression[]) {
  const names = Object.assign({}, ...expressions.map(each => each.names)) as Record<string, string>
  const values = Object.assign({}, ...expressions.map(each => each.values)) as Attributes
  return {
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  }
}
