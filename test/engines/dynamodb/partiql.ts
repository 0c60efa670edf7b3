import type { Context } from './context.ts'
import { DynamodbError, invalid, notKnown, requireKnown } from './errors.ts'
import { type Tokens, tokensOf } from './lexer.ts'
import { read } from './reads.ts'
import { placeOf, placeOfKey, type Table } from './store.ts'
import { updateBy } from './updates.ts'
import { checkItem, checkValue, compareValues, equalValues, type Item, typeOf, type Value } from './values.ts'
import { make, updated, type Write } from './writes.ts'

/**
 * A PartiQL statement of one item ("PartiQL statements", DynamoDB developer guide): INSERT, UPDATE … SET,
 * DELETE and SELECT * by the whole key, with comparisons joined by AND beside it. Others are refused.
 */
export type Statement = { readonly table: Table; readonly run: (context: Context) => object }

type Given = {
  readonly Statement: string
  readonly Parameters?: readonly Value[]
  readonly ReturnValuesOnConditionCheckFailure?: string
  readonly ConsistentRead?: boolean
}

type Reader = {
  readonly tokens: Tokens
  readonly parameter: () => Value
  readonly table: Table
  readonly given: Given
}

export function statementOf(context: Context, given: Given): Statement {
  requireKnown(
    given,
    ['Statement', 'Parameters', 'ReturnValuesOnConditionCheckFailure', 'ConsistentRead'],
    'a statement',
  )
  const tokens = tokensOf(given.Statement, 'statement')
  const left = (given.Parameters ?? []).map(value => checkValue(value))
  const parameter = () => {
    const value = left.shift()
    if (value === undefined) throw invalid("Number of parameters in request and statement don't match.")
    return value
  }
  const { text } = tokens.next()
  const kind = KINDS[text.toUpperCase()]
  if (kind === undefined) throw notKnown(`a statement that begins with ${text}`)
  kind.before(tokens)
  const name = tokens.next()
  const table = context.store.table(name.kind === 'text' ? name.text.slice(1, -1) : name.text)
  const run = kind.read({ tokens, parameter, table, given })
  tokens.end()
  if (left.length > 0) throw invalid("Number of parameters in request and statement don't match.")
  return { table, run }
}

type Kind = { readonly before: (tokens: Tokens) => void; readonly read: (reader: Reader) => Statement['run'] }

const KINDS: Readonly<Record<string, Kind>> = {
  INSERT: { before: tokens => tokens.expect('INTO'), read: insert },
  UPDATE: { before: () => {}, read: update },
  DELETE: { before: tokens => tokens.expect('FROM'), read: remove },
  SELECT: {
    before(tokens) {
      if (tokens.next().text !== '*') throw notKnown('a SELECT of single attributes')
      tokens.expect('FROM')
    },
    read: select,
  },
}

/**
 * An item that is there already is `DuplicateItem`. Whether the answer shows it is not said for certain, so
 * it does not.
 */
function insert({ tokens, parameter, table }: Reader): Statement['run'] {
  tokens.expect('VALUE')
  tokens.expect('{')
  const entries: [string, Value][] = []
  do {
    const name = nameOf(tokens)
    tokens.expect(':')
    entries.push([name, operandOf(tokens, parameter)])
  } while (tokens.take(','))
  tokens.expect('}')
  const item = checkItem(Object.fromEntries(entries))
  const place = placeOf(table.definition, item)
  const isAbsent = (before: Item) => Object.keys(before).length === 0
  const write: Write = { table, place, condition: isAbsent, shows: false, next: () => item }
  return context => {
    try {
      make(context, write)
      return {}
    } catch (error) {
      if ((error as Error).name !== 'ConditionalCheckFailedException') throw error
      throw new DynamodbError('DuplicateItemException', 'Duplicate primary key exists in table')
    }
  }
}

function update(reader: Reader): Statement['run'] {
  const { tokens, parameter, table, given } = reader
  const actions: { readonly path: [string]; readonly value: () => Value }[] = []
  while (tokens.take('SET')) {
    const name = nameOf(tokens)
    tokens.expect('=')
    const value = operandOf(tokens, parameter)
    actions.push({ path: [name], value: () => value })
  }
  if (actions.length === 0) throw notKnown('an UPDATE of anything but SET name = value')
  const { key, condition } = whereOf(reader)
  const change = updateBy(actions)
  // A statement never makes an item: one that is not there does not fulfil it.
  const holds = (before: Item) => Object.keys(before).length > 0 && condition(before)
  const next = (before: Item | undefined) => updated(table, key, before, change)
  const write = {
    table,
    place: placeOfKey(table.definition, key),
    condition: holds,
    shows: showsOf(given),
    next,
  }
  return context => {
    make(context, write)
    return {}
  }
}

function remove(reader: Reader): Statement['run'] {
  const { table, given } = reader
  const { key, condition, isPlain } = whereOf(reader)
  const holds = (before: Item) => isPlain || (Object.keys(before).length > 0 && condition(before))
  const place = placeOfKey(table.definition, key)
  return context => {
    make(context, { table, place, condition: holds, shows: showsOf(given), next: () => undefined })
    return {}
  }
}

function select(reader: Reader): Statement['run'] {
  const { key, condition } = whereOf(reader)
  const { table, given } = reader
  return context => {
    const item = read(context, table, key, given.ConsistentRead === true)
    return item === undefined || !condition(item) ? {} : { Item: item }
  }
}

function showsOf({ ReturnValuesOnConditionCheckFailure }: Given): boolean {
  return ReturnValuesOnConditionCheckFailure === 'ALL_OLD'
}

/** The key that a WHERE names, and what else has to hold. */
function whereOf({ tokens, parameter, table: { definition } }: Reader) {
  tokens.expect('WHERE')
  const key: Record<string, Value> = {}
  const others: ((item: Item) => boolean)[] = []
  do {
    const name = nameOf(tokens)
    const sign = tokens.next().text
    const value = operandOf(tokens, parameter)
    if (sign === '=' && (name === definition.hash || name === definition.range) && key[name] === undefined)
      key[name] = value
    else others.push(comparison(name, sign, value))
  } while (tokens.take('AND'))
  if (
    key[definition.hash] === undefined ||
    (definition.range !== undefined && key[definition.range] === undefined)
  )
    throw invalid('Where clause does not contain a mandatory equality on all key attributes')
  return {
    key: checkItem(key),
    condition: (item: Item) => others.every(one => one(item)),
    isPlain: others.length === 0,
  }
}

const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
}

function comparison(name: string, sign: string, value: Value): (item: Item) => boolean {
  const found = (item: Item) => (Object.hasOwn(item, name) ? item[name] : undefined)
  if (sign === '=') return item => found(item) !== undefined && equalValues(found(item)!, value)
  if (sign === '<>') return item => found(item) !== undefined && !equalValues(found(item)!, value)
  const holds = ORDERS[sign]
  if (holds === undefined) throw notKnown(`the comparison ${sign} of a statement`)
  return item => {
    const [one] = [found(item)]
    return one !== undefined && typeOf(one) === typeOf(value) && holds(compareValues(one, value)!)
  }
}

function nameOf(tokens: Tokens): string {
  const { kind, text } = tokens.next()
  if (kind === 'text') return text.slice(1, -1)
  if (kind !== 'name') throw invalid(`Statement wasn't well formed, can't be processed: unexpected "${text}"`)
  return text
}

function operandOf(tokens: Tokens, parameter: () => Value): Value {
  const { kind, text } = tokens.next()
  if (text === '?') return parameter()
  if (kind === 'text' && text.startsWith("'")) return { S: text.slice(1, -1).replaceAll("''", "'") }
  if (kind === 'number') return checkValue({ N: text })
  throw notKnown(`the value ${text} of a statement`)
}
