import { requireCount } from './batches.ts'
import { type Context, type Input, isThrottled, use } from './context.ts'
import { DynamodbError, invalid, requireKnown } from './errors.ts'
import { placeOfKey, requireFits } from './store.ts'
import { writeUnits } from './units.ts'
import { checkItem, type Item } from './values.ts'
import { CONDITIONED, conditioned, deleteOf, putOf, updateWriteOf, type Write } from './writes.ts'

/** "TransactWriteItems", Amazon DynamoDB API reference. */
const MOST_ACTIONS = 100
const TOKEN_MS = 600_000

const ACTIONS: Readonly<Record<string, (context: Context, input: Input) => Write>> = {
  Put: putOf,
  Delete: deleteOf,
  Update: updateWriteOf,
  ConditionCheck: checkOf,
}

type Reason = { readonly Code: string; readonly Message?: string; readonly Item?: Item }

/**
 * All of the actions or none: what is in the way of each is told by its place. The second request of a token
 * changes nothing.
 */
export function transactWriteItems(context: Context, input: Input): object {
  requireKnown(input, ['TransactItems', 'ReturnConsumedCapacity', 'ClientRequestToken'], 'TransactWriteItems')
  if (isRepeated(context, input['ClientRequestToken'])) return {}
  const actions = input['TransactItems'] as readonly Readonly<Record<string, Input>>[]
  requireCount(actions.length, MOST_ACTIONS, 'TransactWriteItems')
  const writes = actions.map(action => {
    const [[kind, given] = ['', {}]] = Object.entries(action)
    const read = ACTIONS[kind]
    if (read === undefined) throw invalid(`no action of a transaction: ${kind}`)
    return read(context, given)
  })
  if (new Set(writes.map(({ table, place }) => table.definition.name + place.text)).size < writes.length)
    throw invalid('Transaction request cannot include multiple operations on one item')
  const before = writes.map(({ table, place }) => context.store.read(table, place))
  const reasons = writes.map((write, i) => reasonOf(context, write, before[i]))
  if (reasons.some(({ Code }) => Code !== 'None'))
    throw new DynamodbError(
      'TransactionCanceledException',
      `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(', ')}]`,
      { CancellationReasons: reasons },
    )
  context.store.tokens.set(String(input['ClientRequestToken']), context.now() + TOKEN_MS)
  for (const [i, { table, place, next }] of writes.entries()) {
    const after = next(before[i])
    if (after !== before[i]) context.store.write(table, place, after)
    use(context, 'write', table, 2 * writeUnits(before[i], after))
  }
  return {}
}

function reasonOf(
  context: Context,
  { table, place, condition, shows, next }: Write,
  before: Item | undefined,
): Reason {
  if (isThrottled(context, 'write', table, place)) return { Code: 'ThrottlingError' }
  if (condition !== undefined && !condition(before ?? {})) {
    const Code = 'ConditionalCheckFailed'
    return {
      Code,
      Message: 'The conditional request failed',
      ...(shows && before !== undefined && { Item: before }),
    }
  }
  try {
    const after = next(before)
    if (after !== undefined) requireFits(after)
    return { Code: 'None' }
  } catch (error) {
    return { Code: 'ValidationError', Message: (error as Error).message }
  }
}

function checkOf(context: Context, input: Input): Write {
  requireKnown(input, [...CONDITIONED, 'Key'], 'ConditionCheck')
  const table = context.store.table(input['TableName'])
  const place = placeOfKey(table.definition, checkItem(input['Key'] as Item))
  return { ...conditioned(input), table, place, next: before => before }
}

function isRepeated({ store, now }: Context, token: unknown): boolean {
  return token !== undefined && (store.tokens.get(String(token)) ?? 0) > now()
}
