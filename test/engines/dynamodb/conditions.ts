import { invalid } from './errors.ts'
import { type Tokens, tokensOf } from './lexer.ts'
import { type Placeholders, pathOf, requireShort } from './names.ts'
import { valueAt } from './paths.ts'
import { compareValues, equalValues, type Item, memberOf, membersOf, typeOf, type Value } from './values.ts'

/** Whether a condition holds for an item; the empty item where there is none. */
export type Condition = (item: Item) => boolean

/** A value that an expression speaks of; undefined: the item has none there. */
export type Operand = (item: Item) => Value | undefined

const COMPARATORS: Readonly<Record<string, (order: number) => boolean>> = {
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
}

/** Reads a ConditionExpression, a FilterExpression, or the condition of a statement. */
export function conditionOf(
  expression: string,
  placeholders: Placeholders,
  what = 'ConditionExpression',
): Condition {
  requireShort(expression, what)
  const tokens = tokensOf(expression, what)
  const condition = disjunction(tokens, placeholders)
  tokens.end()
  return condition
}

function disjunction(tokens: Tokens, names: Placeholders): Condition {
  const parts = [conjunction(tokens, names)]
  while (tokens.take('OR')) parts.push(conjunction(tokens, names))
  return parts.length === 1 ? parts[0]! : item => parts.some(part => part(item))
}

function conjunction(tokens: Tokens, names: Placeholders): Condition {
  const parts = [negation(tokens, names)]
  while (tokens.take('AND')) parts.push(negation(tokens, names))
  return parts.length === 1 ? parts[0]! : item => parts.every(part => part(item))
}

function negation(tokens: Tokens, names: Placeholders): Condition {
  if (!tokens.take('NOT')) return primary(tokens, names)
  const inner = negation(tokens, names)
  return item => !inner(item)
}

function primary(tokens: Tokens, names: Placeholders): Condition {
  if (tokens.take('(')) {
    const inner = disjunction(tokens, names)
    tokens.expect(')')
    return inner
  }
  const isCall = tokens.peek().kind === 'name' && tokens.peek(1).text === '('
  if (isCall && tokens.peek().text !== 'size') return call(tokens, names)
  return comparison(operandOf(tokens, names), tokens, names)
}

function comparison(left: Operand, tokens: Tokens, names: Placeholders): Condition {
  if (tokens.take('BETWEEN')) {
    const low = operandOf(tokens, names)
    tokens.expect('AND')
    const high = operandOf(tokens, names)
    return item => ordered(left(item), low(item), '>=') && ordered(left(item), high(item), '<=')
  }
  if (tokens.take('IN')) {
    const among = listOf(tokens, names)
    return item => among.some(one => same(left(item), one(item)))
  }
  const { text } = tokens.next()
  const right = operandOf(tokens, names)
  if (text === '=') return item => same(left(item), right(item))
  if (text === '<>') return item => !same(left(item), right(item))
  if (COMPARATORS[text] === undefined)
    throw invalid(`Invalid ConditionExpression: Syntax error; token: "${text}"`)
  return item => ordered(left(item), right(item), text)
}

function same(a: Value | undefined, b: Value | undefined): boolean {
  return a !== undefined && b !== undefined && equalValues(a, b)
}

/** Values of two types have no order: no comparison of them holds. */
function ordered(a: Value | undefined, b: Value | undefined, sign: string): boolean {
  const order = a === undefined || b === undefined ? undefined : compareValues(a, b)
  return order !== undefined && COMPARATORS[sign]!(order)
}

function listOf(tokens: Tokens, names: Placeholders): readonly Operand[] {
  tokens.expect('(')
  const operands = [operandOf(tokens, names)]
  while (tokens.take(',')) operands.push(operandOf(tokens, names))
  tokens.expect(')')
  return operands
}

/** A path, a value, or the size of a path. */
export function operandOf(tokens: Tokens, names: Placeholders): Operand {
  const { kind, text } = tokens.peek()
  if (kind === ':') {
    tokens.next()
    const value = names.value(text)
    return () => value
  }
  if (kind === 'name' && text === 'size' && tokens.peek(1).text === '(') {
    tokens.next()
    const [of] = listOf(tokens, names)
    return item => sizeOf(of!(item))
  }
  const path = pathOf(tokens, names)
  return item => valueAt(item, path)
}

function sizeOf(value: Value | undefined): Value | undefined {
  if (value === undefined) return undefined
  const { S, B, L, M } = value
  const size =
    S !== undefined
      ? Buffer.byteLength(S)
      : B !== undefined
        ? Buffer.byteLength(B, 'base64')
        : (L?.length ?? (M && Object.keys(M).length) ?? membersOf(value)?.length)
  return size === undefined ? undefined : { N: String(size) }
}

const FUNCTIONS: Readonly<
  Record<string, (value: Value | undefined, argument: Value | undefined) => boolean>
> = {
  attribute_exists: value => value !== undefined,
  attribute_not_exists: value => value === undefined,
  attribute_type: (value, type) => value !== undefined && typeOf(value) === type?.S,
  begins_with: (value, start) => beginsWith(value, start),
  contains: (value, part) => value !== undefined && part !== undefined && contains(value, part),
}

function call(tokens: Tokens, names: Placeholders): Condition {
  const { text } = tokens.next()
  const work = FUNCTIONS[text]
  if (work === undefined)
    throw invalid(`Invalid ConditionExpression: Invalid function name; function: ${text}`)
  const [value, argument, ...more] = listOf(tokens, names)
  const wants = text === 'attribute_exists' || text === 'attribute_not_exists' ? 1 : 2
  if ((argument === undefined ? 1 : 2 + more.length) !== wants)
    throw invalid(
      `Invalid ConditionExpression: Incorrect number of operands for operator or function: ${text}`,
    )
  return item => work(value!(item), argument?.(item))
}

function beginsWith(value: Value | undefined, start: Value | undefined): boolean {
  if (value?.S !== undefined && start?.S !== undefined) return value.S.startsWith(start.S)
  if (value?.B === undefined || start?.B === undefined) return false
  const bytes = Buffer.from(start.B, 'base64')
  return Buffer.from(value.B, 'base64').subarray(0, bytes.length).equals(bytes)
}

function contains(value: Value, part: Value): boolean {
  if (value.S !== undefined) return part.S !== undefined && value.S.includes(part.S)
  return value.L?.some(one => equalValues(one, part)) ?? memberOf(value, part)
}
