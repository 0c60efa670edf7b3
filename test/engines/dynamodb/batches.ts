import { type Context, type Input, isThrottled, throttled } from './context.ts'
import { type DynamodbError, invalid, requireKnown } from './errors.ts'
import { statementOf } from './partiql.ts'
import { read } from './reads.ts'
import { placeOfKey, type Table } from './store.ts'
import { checkItem, type Item, itemSize } from './values.ts'
import { deleteOf, make, putOf, type Write } from './writes.ts'

/**
 * Most parts of a request, and bytes of an answer or request (Amazon DynamoDB API reference, each operation).
 */
const MOST = { gets: 100, writes: 25, statements: 25, bytes: 16 * 1024 * 1024 } as const

type Keys = { readonly Keys: readonly Item[]; readonly ConsistentRead?: boolean }

/** What is throttled, or beyond 16 MB, comes back as unprocessed; nothing at all done is an error. */
export function batchGetItem(context: Context, input: Input): object {
  requireKnown(input, ['RequestItems', 'ReturnConsumedCapacity'], 'BatchGetItem')
  const asked = Object.entries(input['RequestItems'] as Readonly<Record<string, Keys>>)
  requireCount(asked.flatMap(([, { Keys }]) => Keys).length, MOST.gets, 'BatchGetItem')
  const [Responses, UnprocessedKeys]: [Record<string, Item[]>, Record<string, object>] = [{}, {}]
  let bytes = 0
  for (const [name, request] of asked) {
    requireKnown(request, ['Keys', 'ConsistentRead'], 'KeysAndAttributes')
    const table = context.store.table(name)
    requireDistinct(request.Keys.map(key => placeOfKey(table.definition, checkItem(key)).text))
    const left: Item[] = []
    Responses[name] = []
    for (const key of request.Keys) {
      const item =
        bytes > MOST.bytes ? 'left' : readOrLeave(context, table, key, request.ConsistentRead === true)
      if (item === 'left') left.push(key)
      else if (item !== undefined) {
        Responses[name].push(item)
        bytes += itemSize(item)
      }
    }
    if (left.length > 0) UnprocessedKeys[name] = { ...request, Keys: left }
  }
  if (context.used.length === 0) throw throttled()
  return { Responses, UnprocessedKeys }
}

function readOrLeave(
  context: Context,
  table: Table,
  key: Item,
  consistent: boolean,
): Item | undefined | 'left' {
  if (isThrottled(context, 'read', table, placeOfKey(table.definition, checkItem(key)))) return 'left'
  return read({ ...context, throttle: () => false }, table, key, consistent)
}

type WriteRequest = {
  readonly PutRequest?: { readonly Item: Item }
  readonly DeleteRequest?: { readonly Key: Item }
}

export function batchWriteItem(context: Context, input: Input): object {
  requireKnown(input, ['RequestItems', 'ReturnConsumedCapacity'], 'BatchWriteItem')
  const asked = Object.entries(input['RequestItems'] as Readonly<Record<string, readonly WriteRequest[]>>)
  const requests = asked.flatMap(([TableName, all]) => all.map(request => ({ TableName, request })))
  requireCount(requests.length, MOST.writes, 'BatchWriteItem')
  const writes = requests.map(({ TableName, request: { PutRequest, DeleteRequest } }) =>
    PutRequest === undefined
      ? deleteOf(context, { TableName, ...DeleteRequest })
      : putOf(context, { TableName, ...PutRequest }),
  )
  requireDistinct(writes.map(({ table, place }) => table.definition.name + place.text))
  for (const write of writes) requireItemFits(write)
  const UnprocessedItems: Record<string, WriteRequest[]> = {}
  for (const [i, write] of writes.entries()) {
    const { TableName, request } = requests[i]!
    if (isThrottled(context, 'write', write.table, write.place))
      UnprocessedItems[TableName] = [...(UnprocessedItems[TableName] ?? []), request]
    else make({ ...context, throttle: () => false }, write)
  }
  if (context.used.length === 0) throw throttled()
  return { UnprocessedItems }
}

/** An item too large fails the whole batch before any of it is written. */
function requireItemFits({ next }: Write): void {
  const item = next(undefined)
  if (item !== undefined && itemSize(item) > 400 * 1024)
    throw invalid('Item size has exceeded the maximum allowed size')
}

type Statement = {
  readonly Statement: string
  readonly Parameters?: readonly Item[string][]
  readonly ReturnValuesOnConditionCheckFailure?: string
}

/** Names of errors as the answer's codes have them ("BatchStatementError", Amazon DynamoDB API reference). */
const CODES: Readonly<Record<string, string>> = {
  ConditionalCheckFailedException: 'ConditionalCheckFailed',
  DuplicateItemException: 'DuplicateItem',
  ProvisionedThroughputExceededException: 'ProvisionedThroughputExceeded',
  ResourceNotFoundException: 'ResourceNotFound',
  ValidationException: 'ValidationError',
}

/** Each statement is atomic by itself, and answered by itself. */
export function batchExecuteStatement(context: Context, input: Input): object {
  requireKnown(input, ['Statements', 'ReturnConsumedCapacity'], 'BatchExecuteStatement')
  const statements = input['Statements'] as readonly Statement[]
  requireCount(statements.length, MOST.statements, 'BatchExecuteStatement')
  return { Responses: statements.map(statement => answer(context, statement)) }
}

function answer(context: Context, input: Statement): object {
  let TableName: string | undefined
  try {
    const statement = statementOf(context, input)
    TableName = statement.table.definition.name
    return { TableName, ...statement.run(context) }
  } catch (error) {
    const { name, message, fields } = error as DynamodbError
    if (CODES[name] === undefined) throw error
    const failure = { Code: CODES[name], Message: message, ...fields }
    return { ...(TableName !== undefined && { TableName }), Error: failure }
  }
}

export function requireCount(count: number, most: number, what: string): void {
  if (count < 1 || count > most)
    throw invalid(
      `1 validation error detected: ${what} has ${count} parts; Member must have length between 1 and ${most}`,
    )
}

export function requireDistinct(keys: readonly string[]): void {
  if (new Set(keys).size < keys.length) throw invalid('Provided list of item keys contains duplicates')
}
