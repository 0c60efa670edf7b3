import { type Condition, conditionOf } from './conditions.ts'
import { type Context, type Input, isThrottled, throttled, use } from './context.ts'
import { DynamodbError, invalid, notKnown, requireKnown } from './errors.ts'
import { placeholdersOf } from './names.ts'
import { type Place, placeOf, placeOfKey, requireFits, type Table } from './store.ts'
import { writeUnits } from './units.ts'
import { type Update, updateOf } from './updates.ts'
import { checkItem, type Item } from './values.ts'

/** A write of one item, read and checked but not made yet. */
export type Write = {
  readonly table: Table
  readonly place: Place
  readonly condition: Condition | undefined
  /** Whether a condition that does not hold shows the item in its way. */
  readonly shows: boolean
  /** The item after the write; undefined: none. Throws where it cannot be. */
  readonly next: (before: Item | undefined) => Item | undefined
}

export const CONDITIONED = [
  'TableName',
  'ConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ReturnValuesOnConditionCheckFailure',
] as const
const ANSWERED = [...CONDITIONED, 'ReturnValues', 'ReturnConsumedCapacity']

export function putOf(context: Context, input: Input): Write {
  requireKnown(input, [...ANSWERED, 'Item'], 'PutItem')
  const item = checkItem(input['Item'] as Item)
  const table = context.store.table(input['TableName'])
  const place = placeOf(table.definition, item)
  return { ...conditioned(input), table, place, next: () => item }
}

export function deleteOf(context: Context, input: Input): Write {
  requireKnown(input, [...ANSWERED, 'Key'], 'DeleteItem')
  const table = context.store.table(input['TableName'])
  const place = placeOfKey(table.definition, checkItem(input['Key'] as Item))
  return { ...conditioned(input), table, place, next: () => undefined }
}

export function updateWriteOf(context: Context, input: Input): Write {
  requireKnown(input, [...ANSWERED, 'Key', 'UpdateExpression'], 'UpdateItem')
  const table = context.store.table(input['TableName'])
  const key = checkItem(input['Key'] as Item)
  const place = placeOfKey(table.definition, key)
  const expression = input['UpdateExpression'] as string | undefined
  const { update, ...rest } = conditioned(input, expression)
  return { ...rest, table, place, next: before => updated(table, key, before, update) }
}

/** The item with its update; made of its key where there is none. */
export function updated(
  { definition }: Table,
  key: Item,
  before: Item | undefined,
  update: Update | undefined,
): Item {
  for (const [name] of update?.paths ?? [])
    if (name === definition.hash || name === definition.range)
      throw invalid(
        `One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`,
      )
  return update?.apply(before ?? key) ?? before ?? key
}

/** What a write is conditional on. Placeholders are shared with its update. */
export function conditioned(input: Input, updateExpression?: string) {
  const condition = input['ConditionExpression'] as string | undefined
  const placeholders = placeholdersOf(input)
  const made = {
    update: updateExpression === undefined ? undefined : updateOf(updateExpression, placeholders),
    condition: condition === undefined ? undefined : conditionOf(condition, placeholders),
    shows: input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD',
  }
  placeholders.requireUsed()
  return made
}

/** Makes a write, and returns the item before and after; takes its units also where the condition fails. */
export function make(context: Context, write: Write): { before: Item | undefined; after: Item | undefined } {
  const { store } = context
  const { table, place, condition, shows } = write
  if (isThrottled(context, 'write', table, place)) throw throttled()
  const before = store.read(table, place)
  if (condition !== undefined && !condition(before ?? {})) {
    use(context, 'write', table, writeUnits(before))
    throw new DynamodbError(
      'ConditionalCheckFailedException',
      'The conditional request failed',
      shows && before !== undefined ? { Item: before } : {},
    )
  }
  const after = write.next(before)
  if (after !== undefined) requireFits(after)
  store.write(table, place, after)
  use(context, 'write', table, writeUnits(before, after))
  return { before, after }
}

/** Answers PutItem, DeleteItem and UpdateItem. */
export function single(read: (context: Context, input: Input) => Write) {
  return (context: Context, input: Input): object => {
    const { before, after } = make(context, read(context, input))
    const wanted = input['ReturnValues'] ?? 'NONE'
    if (wanted === 'NONE') return {}
    if (wanted === 'ALL_OLD') return before === undefined ? {} : { Attributes: before }
    if (wanted === 'ALL_NEW' && context.operation === 'UpdateItem') return { Attributes: after }
    throw notKnown(`ReturnValues ${wanted}`)
  }
}
