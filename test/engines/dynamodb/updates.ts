import { type Operand, operandOf } from './conditions.ts'
import { invalid } from './errors.ts'
import { type Tokens, tokensOf } from './lexer.ts'
import { type Placeholders, pathOf, requireShort } from './names.ts'
import { addNumbers } from './numbers.ts'
import { type Path, requireApart, valueAt, withValueAt } from './paths.ts'
import { type Item, membersOf, typeOf, type Value } from './values.ts'

/** What an update makes of an item. All its operands see the item as it was before. */
export type Update = { readonly apply: (item: Item) => Item; readonly paths: readonly Path[] }

type Action = { readonly path: Path; readonly value: (before: Item) => Value | undefined | 'keep' }

const CLAUSES = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const

/** Reads an UpdateExpression. */
export function updateOf(expression: string, placeholders: Placeholders): Update {
  requireShort(expression, 'UpdateExpression')
  const tokens = tokensOf(expression, 'UpdateExpression')
  const actions: Action[] = []
  const seen = new Set<string>()
  while (tokens.peek().kind !== 'end') {
    const clause = CLAUSES.find(each => tokens.take(each))
    if (clause === undefined || seen.has(clause))
      throw invalid(`Invalid UpdateExpression: Syntax error; token: "${tokens.peek().text}"`)
    seen.add(clause)
    do actions.push(ACTIONS[clause](tokens, placeholders))
    while (tokens.take(','))
  }
  return updateBy(actions)
}

export function updateBy(actions: readonly Action[]): Update {
  const paths = actions.map(({ path }) => path)
  requireApart(paths)
  return { paths, apply: item => actions.reduce((next, action) => applied(next, item, action), item) }
}

function applied(item: Item, before: Item, { path, value }: Action): Item {
  const after = value(before)
  return after === 'keep' ? item : withValueAt(item, path, after)
}

const ACTIONS: Readonly<Record<(typeof CLAUSES)[number], (tokens: Tokens, names: Placeholders) => Action>> = {
  SET(tokens, names) {
    const path = pathOf(tokens, names)
    tokens.expect('=')
    return { path, value: sum(tokens, names) }
  },
  REMOVE(tokens, names) {
    const path = pathOf(tokens, names)
    return {
      path,
      value: item => (valueAt(item, path) === undefined && path.length === 1 ? 'keep' : undefined),
    }
  },
  ADD(tokens, names) {
    const path = pathOf(tokens, names)
    const by = operandOf(tokens, names)
    return { path, value: item => added(valueAt(item, path), by(item)!) }
  },
  DELETE(tokens, names) {
    const path = pathOf(tokens, names)
    const by = operandOf(tokens, names)
    return { path, value: item => without(valueAt(item, path), by(item)!) }
  },
}

function sum(tokens: Tokens, names: Placeholders): (item: Item) => Value {
  const left = settable(tokens, names)
  const sign = tokens.take('+') ? 1 : tokens.take('-') ? -1 : undefined
  if (sign === undefined) return item => present(left(item))
  const right = settable(tokens, names)
  return item => {
    const [a, b] = [present(left(item)), present(right(item))]
    if (a.N === undefined || b.N === undefined)
      throw invalid('An operand in the update expression has an incorrect data type')
    return { N: addNumbers(a.N, b.N, sign) }
  }
}

function settable(tokens: Tokens, names: Placeholders): Operand {
  const { text } = tokens.peek()
  if (tokens.peek(1).text !== '(' || (text !== 'if_not_exists' && text !== 'list_append'))
    return operandOf(tokens, names)
  tokens.next()
  tokens.expect('(')
  const a = settable(tokens, names)
  tokens.expect(',')
  const b = settable(tokens, names)
  tokens.expect(')')
  return text === 'if_not_exists' ? item => a(item) ?? b(item) : item => appended(a(item), b(item))
}

function appended(a: Value | undefined, b: Value | undefined): Value {
  if (a?.L === undefined || b?.L === undefined)
    throw invalid('An operand in the update expression has an incorrect data type')
  return { L: [...a.L, ...b.L] }
}

function present(value: Value | undefined): Value {
  if (value === undefined)
    throw invalid('The provided expression refers to an attribute that does not exist in the item')
  return value
}

function added(before: Value | undefined, by: Value): Value {
  if (by.N === undefined && membersOf(by) === undefined)
    throw invalid('Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD')
  if (before === undefined) return by
  if (typeOf(before) !== typeOf(by))
    throw invalid('An operand in the update expression has an incorrect data type')
  if (by.N !== undefined) return { N: addNumbers(before.N!, by.N) }
  return { [typeOf(by)]: [...new Set([...membersOf(before)!, ...membersOf(by)!])] }
}

/** A set that nothing is left of goes. */
function without(before: Value | undefined, by: Value): Value | undefined | 'keep' {
  const gone = membersOf(by)
  if (gone === undefined)
    throw invalid(
      'Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE',
    )
  if (before === undefined) return 'keep'
  if (typeOf(before) !== typeOf(by))
    throw invalid('An operand in the update expression has an incorrect data type')
  const left = membersOf(before)!.filter(one => !gone.includes(one))
  return left.length === 0 ? undefined : { [typeOf(by)]: left }
}
