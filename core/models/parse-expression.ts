import type { Cursor } from './tokens.ts'
import type { BinaryOperator, Expression, OrderItem, Over } from './tree.ts'
import { INTERVAL_UNITS, type IntervalUnit } from './tree.ts'
import { parseType } from './value-types.ts'

/**
 * Reads an expression, of which OR binds loosest. @throws TributaryError `invalid_declaration` with its
 * line
 */
export function parseExpression(cursor: Cursor): Expression {
  return leftToRight(cursor, ['or'], () => leftToRight(cursor, ['and'], () => negation(cursor)))
}

function leftToRight(cursor: Cursor, operators: readonly BinaryOperator[], operand: () => Expression) {
  let left = operand()
  for (;;) {
    const { line } = cursor.peek()
    const operator = operators.find(each => cursor.takes(each))
    if (operator === undefined) return left
    left = { kind: 'binary', operator, left, right: operand(), line }
  }
}

function negation(cursor: Cursor): Expression {
  const { line } = cursor.peek()
  return cursor.takes('not') ? { kind: 'not', operand: negation(cursor), line } : comparison(cursor)
}

const COMPARISONS: readonly BinaryOperator[] = ['=', '<>', '<=', '>=', '<', '>']

function comparison(cursor: Cursor): Expression {
  const operand = concatenation(cursor)
  const { line } = cursor.peek()
  const operator = COMPARISONS.find(each => cursor.takes(each))
  if (operator !== undefined)
    return { kind: 'binary', operator, left: operand, right: concatenation(cursor), line }
  if (cursor.takes('is')) return isNull(cursor, operand, line)
  const isNot = cursor.takes('not')
  if (cursor.takes('in')) return { kind: 'in', operand, list: inList(cursor), isNot, line }
  if (cursor.takes('between')) {
    const low = concatenation(cursor)
    cursor.needs('and')
    return { kind: 'between', operand, low, high: concatenation(cursor), isNot, line }
  }
  if (cursor.takes('like')) return { kind: 'like', operand, pattern: concatenation(cursor), isNot, line }
  if (isNot) cursor.fails('NOT stands before no IN, BETWEEN or LIKE', 'write NOT before the condition')
  return operand
}

function isNull(cursor: Cursor, operand: Expression, line: number): Expression {
  const isNot = cursor.takes('not')
  if (!cursor.takes('null'))
    cursor.fails(`IS ${cursor.peek().text} is not known here`, 'write IS NULL or IS NOT NULL')
  return { kind: 'is-null', operand, isNot, line }
}

function inList(cursor: Cursor): readonly Expression[] {
  cursor.needs('(')
  if (cursor.sees('select'))
    cursor.fails('a query in IN is not known here', 'join its rows, in a part of WITH')
  return listOf(cursor, parseExpression)
}

/** What is between parentheses, of which the first has been read. */
export function listOf<T>(cursor: Cursor, read: (cursor: Cursor) => T): readonly T[] {
  const list = [read(cursor)]
  while (cursor.takes(',')) list.push(read(cursor))
  cursor.needs(')')
  return list
}

// `||` binds looser than `+`, as in PostgreSQL, DuckDB and Trino.
const concatenation = (cursor: Cursor) => leftToRight(cursor, ['||'], () => sum(cursor))
const sum = (cursor: Cursor) => leftToRight(cursor, ['+', '-'], () => product(cursor))
const product = (cursor: Cursor) => leftToRight(cursor, ['*', '/', '%'], () => signed(cursor))

function signed(cursor: Cursor): Expression {
  const { line } = cursor.peek()
  return cursor.takes('-') ? { kind: 'negative', operand: signed(cursor), line } : primary(cursor)
}

function primary(cursor: Cursor): Expression {
  const token = cursor.peek()
  const { kind, text, line } = token
  if (cursor.takes('(')) {
    if (cursor.sees('select') || cursor.sees('with'))
      cursor.fails('a query as a value is not known here', 'join its rows, in a part of WITH')
    const inside = parseExpression(cursor)
    cursor.needs(')')
    return inside
  }
  if (kind === 'number') return number(cursor)
  if (kind === 'text') return { kind: 'literal', value: cursor.next().text, type: { type: 'text' }, line }
  if (cursor.takes('true') || cursor.takes('false'))
    return { kind: 'literal', value: text, type: { type: 'boolean' }, line }
  if (cursor.takes('null')) return { kind: 'literal', value: 'null', type: { type: 'null' }, line }
  if (cursor.takes('case')) return caseOf(cursor, line)
  if (cursor.takes('cast')) return castOf(cursor, line)
  if (cursor.takes('interval')) return interval(cursor, line)
  if (text === 'timestamp' && cursor.peek(1).kind === 'text') return timestamp(cursor)
  if (text === 'exists' && kind === 'word')
    cursor.fails('EXISTS is not known here', 'join the rows, in a part of WITH')
  const name = cursor.name('a value')
  return cursor.sees('(') && kind === 'word' ? call(cursor, name, line) : column(cursor, name, line)
}

function number(cursor: Cursor): Expression {
  const { text, line } = cursor.next()
  const scale = text.split('.')[1]?.length
  const type =
    scale === undefined ? { type: 'bigint' as const } : { type: 'decimal' as const, scale, precision: 38 }
  return { kind: 'literal', value: text, type, line }
}

/** An instant with its zone: what stands without one would be another instant in another session. */
function timestamp(cursor: Cursor): Expression {
  const { line } = cursor.next()
  const { text } = cursor.next()
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(text))
    cursor.fails(`TIMESTAMP '${text}' is no instant in UTC`, "write it as '2026-01-31T12:00:00Z'", line)
  return { kind: 'literal', value: text, type: { type: 'timestamp' }, line }
}

function interval(cursor: Cursor, line: number): Expression {
  const { text } = cursor.next()
  const unit = INTERVAL_UNITS.find(each => cursor.takes(each) || cursor.takes(`${each}s`)) as
    | IntervalUnit
    | undefined
  if (unit === undefined || !/^\d{1,9}$/.test(text))
    cursor.fails(
      'INTERVAL has no whole number and unit',
      "write INTERVAL '2' HOUR (second, minute, hour, day)",
      line,
    )
  return { kind: 'interval', count: Number(text), unit: unit!, line }
}

function caseOf(cursor: Cursor, line: number): Expression {
  if (!cursor.sees('when')) cursor.fails('CASE has a value before WHEN', 'write CASE WHEN value = … THEN …')
  const whens: { when: Expression; result: Expression }[] = []
  while (cursor.takes('when')) {
    const when = parseExpression(cursor)
    cursor.needs('then')
    whens.push({ when, result: parseExpression(cursor) })
  }
  const otherwise = cursor.takes('else') ? parseExpression(cursor) : undefined
  cursor.needs('end')
  return { kind: 'case', whens, otherwise, line }
}

function castOf(cursor: Cursor, line: number): Expression {
  cursor.needs('(')
  const operand = parseExpression(cursor)
  cursor.needs('as')
  const to = parseType(cursor)
  cursor.needs(')')
  return { kind: 'cast', operand, to, line }
}

function column(cursor: Cursor, first: string, line: number): Expression {
  if (!cursor.takes('.')) return { kind: 'column', table: undefined, name: first, line }
  if (cursor.takes('*')) cursor.fails(`${first}.* names no columns`, 'name each of them', line)
  const second = cursor.name('a column')
  if (!cursor.takes('.')) return { kind: 'column', table: first, name: second, line }
  return cursor.fails(
    `${first}.${second}. is not known here`,
    'give the table an alias, and write alias.column',
    line,
  )
}

function call(cursor: Cursor, name: string, line: number): Expression {
  cursor.needs('(')
  const isDistinct = cursor.takes('distinct')
  // count(*) counts rows: a call without arguments.
  if (name === 'count' && cursor.sees('*', ')')) cursor.next()
  const args = cursor.takes(')') ? [] : listOf(cursor, parseExpression)
  return { kind: 'call', name, args, isDistinct, filter: filterOf(cursor), over: overOf(cursor), line }
}

function filterOf(cursor: Cursor): Expression | undefined {
  if (!cursor.takes('filter')) return undefined
  cursor.needs('(')
  cursor.needs('where')
  const filter = parseExpression(cursor)
  cursor.needs(')')
  return filter
}

function overOf(cursor: Cursor): Over | undefined {
  if (!cursor.takes('over')) return undefined
  cursor.needs('(')
  const partitionBy = cursor.takes('partition', 'by') ? commaList(cursor, parseExpression) : []
  const orderBy = cursor.takes('order', 'by') ? commaList(cursor, orderItem) : []
  const rows = cursor.takes('rows') ? frameOf(cursor) : undefined
  cursor.needs(')')
  return { partitionBy, orderBy, ...(rows !== undefined && { rows }) }
}

export function commaList<T>(cursor: Cursor, read: (cursor: Cursor) => T): readonly T[] {
  const list = [read(cursor)]
  while (cursor.takes(',')) list.push(read(cursor))
  return list
}

function orderItem(cursor: Cursor): OrderItem {
  const by = parseExpression(cursor)
  const descending = cursor.takes('desc')
  if (!descending) cursor.takes('asc')
  const nulls = cursor.takes('nulls', 'first') ? 'first' : 'last'
  if (nulls === 'last') cursor.takes('nulls', 'last')
  return { by, descending, nulls }
}

function frameOf(cursor: Cursor): NonNullable<Over['rows']> {
  cursor.needs('between')
  const from = boundOf(cursor)
  cursor.needs('and')
  return { from, to: boundOf(cursor) }
}

function boundOf(cursor: Cursor): string {
  if (cursor.takes('current', 'row')) return 'CURRENT ROW'
  const { text, kind } = cursor.next()
  const side = ['preceding', 'following'].find(each => cursor.takes(each))
  if (side === undefined || (kind !== 'number' && text !== 'unbounded') || text.includes('.'))
    cursor.fails('a window ends at no row', 'write UNBOUNDED PRECEDING, 3 PRECEDING, CURRENT ROW and so on')
  return `${text.toUpperCase()} ${side!.toUpperCase()}`
}
