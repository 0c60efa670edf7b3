import { type Condition, conditionOf } from './conditions.ts'
import { type Context, type Input, isThrottled, throttled, use } from './context.ts'
import { invalid, requireKnown } from './errors.ts'
import { keyRangeOf } from './key-ranges.ts'
import { tokensOf } from './lexer.ts'
import { type Placeholders, pathOf, placeholdersOf, requireShort } from './names.ts'
import { placeOf, placeOfKey, type Table } from './store.ts'
import { readUnits } from './units.ts'
import { checkItem, compareValues, type Item, itemSize } from './values.ts'

/** A Query or Scan reads as much at a time ("Query", Amazon DynamoDB API reference). */
const PAGE = 1024 * 1024

const READ = [
  'TableName',
  'ConsistentRead',
  'ReturnConsumedCapacity',
  'ProjectionExpression',
  'ExpressionAttributeNames',
]
const PAGED = [
  ...READ,
  'ExpressionAttributeValues',
  'FilterExpression',
  'Limit',
  'ExclusiveStartKey',
  'Select',
]

export function getItem(context: Context, input: Input): object {
  requireKnown(input, [...READ, 'Key'], 'GetItem')
  const table = context.store.table(input['TableName'])
  const Item = read(context, table, input['Key'] as Item, input['ConsistentRead'] === true)
  const project = projectionOf(input, placeholdersOf(input), true)
  return Item === undefined ? {} : { Item: project(Item) }
}

/** One item, with what its read takes. */
export function read(context: Context, table: Table, key: Item, consistent: boolean): Item | undefined {
  const place = placeOfKey(table.definition, checkItem(key))
  if (isThrottled(context, 'read', table, place)) throw throttled()
  const item = context.store.read(table, place, consistent)
  use(context, 'read', table, readUnits(item === undefined ? 0 : itemSize(item), consistent))
  return item
}

export function query(context: Context, input: Input): object {
  requireKnown(input, [...PAGED, 'KeyConditionExpression', 'ScanIndexForward'], 'Query')
  const table = context.store.table(input['TableName'])
  const placeholders = placeholdersOf(input)
  const range = keyRangeOf(input['KeyConditionExpression'] as string, table.definition, placeholders)
  const consistent = input['ConsistentRead'] === true
  const items = context.store.partition(table, range.partition, consistent).filter(range.holds)
  return page(
    context,
    table,
    input['ScanIndexForward'] === false ? [...items].reverse() : items,
    input,
    placeholders,
  )
}

export function scan(context: Context, input: Input): object {
  requireKnown(input, PAGED, 'Scan')
  const table = context.store.table(input['TableName'])
  const consistent = input['ConsistentRead'] === true
  const items = [...table.partitions.keys()]
    .sort()
    .flatMap(pk => context.store.partition(table, pk, consistent))
  return page(context, table, items, input, placeholdersOf(input))
}

/**
 * What a page holds. Where it ends for its limit, more may follow or not: `LastEvaluatedKey` does not say so.
 * A filter looks at what was read.
 */
function page(
  context: Context,
  table: Table,
  items: readonly Item[],
  input: Input,
  names: Placeholders,
): object {
  const { ExclusiveStartKey, Limit, FilterExpression, Select, ConsistentRead, ScanIndexForward } = input as {
    readonly [name: string]: unknown
    readonly FilterExpression?: string
  }
  if (Limit !== undefined && !(Number(Limit) >= 1)) throw invalid('Limit must be greater than or equal to 1')
  const filter: Condition =
    FilterExpression === undefined ? () => true : conditionOf(FilterExpression, names, 'FilterExpression')
  const project = projectionOf(input, names, false)
  names.requireUsed()
  const rest =
    ExclusiveStartKey === undefined
      ? items
      : after(table, items, ExclusiveStartKey as Item, ScanIndexForward === false)
  let [bytes, end] = [0, 0]
  for (; end < rest.length && end < Number(Limit ?? Infinity); end++) {
    const size = itemSize(rest[end]!)
    if (end > 0 && bytes + size > PAGE) break
    bytes += size
  }
  use(context, 'read', table, readUnits(bytes, ConsistentRead === true))
  const found = rest.slice(0, end).filter(filter)
  const isCut = end < rest.length || (Limit !== undefined && end === Number(Limit))
  return {
    ...(Select === 'COUNT' ? {} : { Items: found.map(project) }),
    ...{ Count: found.length, ScannedCount: end },
    ...(isCut && end > 0 && { LastEvaluatedKey: keyOf(table, rest[end - 1]!) }),
  }
}

/** The items after a key, which may be gone by now. */
function after(table: Table, items: readonly Item[], start: Item, isDescending: boolean): readonly Item[] {
  const { definition } = table
  const place = placeOfKey(definition, checkItem(start))
  const isPast = (item: Item) => {
    const { partition, sort } = placeOf(definition, item)
    const order = sort === undefined ? 0 : compareValues(sort, place.sort!)!
    return partition === place.partition && (isDescending ? order < 0 : order > 0)
  }
  const at = items.findIndex(item => isPast(item) || placeOf(definition, item).partition > place.partition)
  return at < 0 ? [] : items.slice(at)
}

function keyOf({ definition: { hash, range } }: Table, item: Item): Item {
  return { [hash]: item[hash]!, ...(range !== undefined && { [range]: item[range]! }) }
}

/** What is shown of an item: whole attributes. */
function projectionOf(input: Input, names: Placeholders, isAll: boolean): (item: Item) => Item {
  const expression = input['ProjectionExpression'] as string | undefined
  if (expression === undefined) {
    if (isAll) names.requireUsed()
    return item => item
  }
  requireShort(expression, 'ProjectionExpression')
  const tokens = tokensOf(expression, 'ProjectionExpression')
  const shown: string[] = []
  do {
    const path = pathOf(tokens, names)
    if (path.length > 1) throw invalid('the double shows whole attributes only')
    shown.push(path[0])
  } while (tokens.take(','))
  tokens.end()
  if (isAll) names.requireUsed()
  return item => Object.fromEntries(Object.entries(item).filter(([name]) => shown.includes(name)))
}
