import { whichWasMeant } from '../data/nearest.ts'
import { operand } from '../sql/operand.ts'
import { typeSql, wordsOf } from './engine-words.ts'
import { comparable, FUNCTIONS, isNumber } from './functions.ts'
import {
  type At,
  arithmetic,
  BOOLEAN,
  type Compiled,
  type Compiling,
  compared,
  fails,
  joined,
  made,
  plain,
  requireOne,
} from './operators.ts'

export type { Compiled, Compiling, Scope, ScopeColumn } from './operators.ts'

import type { Expression, Over, ValueType } from './tree.ts'
import { typeName } from './value-types.ts'

/**
 * Writes an expression for an engine, and says what type it is and what it is made of.
 *
 * @throws TributaryError `invalid_declaration`: file, line, what does not fit, and the remedy
 */
export function compileExpression(at: Compiling, expression: Expression): Compiled {
  switch (expression.kind) {
    case 'column':
      return column(at, expression)
    case 'literal':
      return literal(at, expression)
    case 'interval':
      return plain(wordsOf(at.dialect).interval(expression.count, expression.unit), { type: 'interval' })
    case 'negative':
      return negative(at, expression)
    case 'not':
      return made([condition(at, expression.operand)], BOOLEAN, ([a]) => `NOT ${operand(a!)}`)
    case 'binary':
      return binary(at, expression)
    case 'is-null':
      return made(
        [compileExpression(at, expression.operand)],
        BOOLEAN,
        ([a]) => `${operand(a!)} IS ${expression.isNot ? 'NOT ' : ''}NULL`,
      )
    case 'in':
      return inList(at, expression)
    case 'between':
      return between(at, expression)
    case 'like':
      return like(at, expression)
    case 'case':
      return caseOf(at, expression)
    case 'cast':
      return castOf(at, expression)
    case 'call':
      return call(at, expression)
  }
}

/** An expression that is true or not. */
export function condition(at: Compiling, expression: Expression): Compiled {
  const compiled = compileExpression(at, expression)
  if (compiled.type.type === 'boolean' || compiled.type.type === 'null') return compiled
  return fails(
    at,
    expression,
    `a condition is of type ${typeName(compiled.type)}`,
    'compare it with something',
  )
}

function column(at: Compiling, expression: At<'column'>): Compiled {
  const { table, name } = expression
  const places = [...at.scope].filter(
    ([alias, columns]) => (table === undefined || alias === table) && columns.has(name),
  )
  if (places.length > 1)
    fails(
      at,
      expression,
      `"${name}" is a column of ${places.map(([alias]) => alias).join(' and ')}`,
      'write alias.column',
    )
  const [found] = places
  if (found === undefined) return unknownColumn(at, expression)
  const [alias, columns] = found
  const { identifier } = at.dialect
  return { sql: `${identifier(alias)}.${identifier(name)}`, ...columns.get(name)! }
}

function unknownColumn(at: Compiling, expression: At<'column'>): never {
  const { table, name } = expression
  if (table !== undefined && !at.scope.has(table))
    return fails(
      at,
      expression,
      `there is no table "${table}" here`,
      `use one of ${[...at.scope.keys()].join(', ') || 'none'}`,
    )
  const known = [...at.scope].flatMap(([alias, columns]) =>
    table === undefined || alias === table ? [...columns.keys()] : [],
  )
  const remedy = whichWasMeant(name, known, `use one of ${known.slice(0, 40).join(', ')}`)
  return fails(
    at,
    expression,
    `there is no column "${table === undefined ? '' : `${table}.`}${name}"`,
    remedy,
  )
}

function literal({ dialect }: Compiling, { value, type }: At<'literal'>): Compiled {
  if (type.type === 'text') return plain(dialect.text(value), type)
  if (type.type === 'timestamp') return plain(wordsOf(dialect).instant(value), type)
  if (type.type === 'decimal') return plain(`CAST(${dialect.text(value)} AS ${typeSql(dialect, type)})`, type)
  return plain(type.type === 'bigint' ? value : value.toUpperCase(), type)
}

function negative(at: Compiling, expression: At<'negative'>): Compiled {
  const inner = compileExpression(at, expression.operand)
  if (!isNumber(inner)) fails(at, expression, `- stands before a ${typeName(inner.type)}`, 'negate a number')
  return made([inner], inner.type, ([a]) => `(- ${operand(a!)})`)
}

function binary(at: Compiling, expression: At<'binary'>): Compiled {
  const { operator } = expression
  if (operator === 'and' || operator === 'or') {
    const sides = [condition(at, expression.left), condition(at, expression.right)]
    return made(sides, BOOLEAN, ([a, b]) => `${operand(a!)} ${operator.toUpperCase()} ${operand(b!)}`)
  }
  const sides = [compileExpression(at, expression.left), compileExpression(at, expression.right)] as const
  if (operator === '||') return joined(at, expression, sides)
  return ['+', '-', '*', '/', '%'].includes(operator)
    ? arithmetic(at, expression, sides)
    : compared(at, expression, sides)
}

function inList(at: Compiling, expression: At<'in'>): Compiled {
  const values = [expression.operand, ...expression.list].map(each => compileExpression(at, each))
  requireOne(at, expression, values)
  const not = expression.isNot ? 'NOT ' : ''
  return made(values, BOOLEAN, ([first, ...list]) => `${operand(first!)} ${not}IN (${list.join(', ')})`)
}

function between(at: Compiling, expression: At<'between'>): Compiled {
  const { operand: value, low, high } = expression
  const values = [value, low, high].map(each => compileExpression(at, each))
  requireOne(at, expression, values)
  const [a, b, c] = values.map(each => operand(comparable(at.dialect, each)))
  return made(values, BOOLEAN, () => `${a} ${expression.isNot ? 'NOT ' : ''}BETWEEN ${b} AND ${c}`)
}

function like(at: Compiling, expression: At<'like'>): Compiled {
  const { pattern } = expression
  if (pattern.kind !== 'literal' || pattern.type.type !== 'text' || pattern.value.includes('\\'))
    fails(at, expression, 'LIKE has no plain pattern', "write a text without backslashes, such as 'A%'")
  const values = [compileExpression(at, expression.operand), compileExpression(at, pattern)]
  requireOne(at, expression, values)
  return made(values, BOOLEAN, ([a, b]) => `${operand(a!)} ${expression.isNot ? 'NOT ' : ''}LIKE ${b}`)
}

function caseOf(at: Compiling, expression: At<'case'>): Compiled {
  const whens = expression.whens.map(({ when, result }) => ({
    ...{ when: condition(at, when), result: compileExpression(at, result) },
  }))
  const otherwise = expression.otherwise === undefined ? [] : [compileExpression(at, expression.otherwise)]
  const results = [...whens.map(({ result }) => result), ...otherwise]
  const type = requireOne(at, expression, results)
  const branches = whens.map(({ when, result }) => `WHEN ${when.sql} THEN ${result.sql}`).join(' ')
  const ending = otherwise.map(({ sql }) => ` ELSE ${sql}`).join('')
  return made([...whens.map(({ when }) => when), ...results], type, () => `CASE ${branches}${ending} END`)
}

/** Which casts all engines do alike. */
const CASTS: Readonly<Record<string, readonly ValueType['type'][]>> = {
  bigint: ['bigint', 'decimal', 'double', 'text'],
  decimal: ['bigint', 'decimal', 'double', 'text'],
  double: ['double', 'decimal'],
  text: ['text'],
  boolean: ['boolean'],
  timestamp: ['timestamp'],
  json: ['text'],
}

function castOf(at: Compiling, expression: At<'cast'>): Compiled {
  const inner = compileExpression(at, expression.operand)
  const { to } = expression
  const { type } = inner.type
  if (type !== 'null' && CASTS[type]?.includes(to.type) !== true)
    fails(
      at,
      expression,
      `engines differ about a ${typeName(inner.type)} as ${typeName(to)}`,
      `cast it to ${CASTS[type]?.join(', ') ?? 'nothing'}, or write a CASE`,
    )
  const isRounded = type === 'decimal' && to.type === 'bigint'
  return made([inner], to, ([a]) => `CAST(${isRounded ? `round(${a}, 0)` : a} AS ${typeSql(at.dialect, to)})`)
}

function call(at: Compiling, expression: At<'call'>): Compiled {
  const { name, over, filter, isDistinct } = expression
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
  if (known === undefined) return unknownFunction(at, expression)
  const problem = (text: string, remedy: string): never => fails(at, expression, `${name}: ${text}`, remedy)
  if (expression.args.length < known.least || expression.args.length > known.most)
    problem(`it has ${expression.args.length} arguments`, `write ${name}${known.takes}`)
  if (known.kind === 'scalar' && (over !== undefined || filter !== undefined))
    problem('it is of one row', 'leave out OVER and FILTER')
  if (known.kind === 'window' && over === undefined)
    problem('it is of a window', 'write OVER (PARTITION BY … ORDER BY …)')
  if (isDistinct && (name !== 'count' || over !== undefined))
    problem('DISTINCT is for count alone, without a window', 'leave it out')
  const given = expression.args.map(arg => compileExpression(at, arg))
  const passed = filter === undefined ? given : filtered(condition(at, filter), given)
  const overSql = over === undefined ? undefined : overOf(at, over)
  const typed = known.write({
    dialect: at.dialect,
    args: passed,
    isDistinct,
    over: overSql?.sql ?? '',
    fails: problem,
  })
  return {
    ...typed,
    from: made([...passed, ...(overSql === undefined ? [] : [overSql])], typed.type, () => '').from,
  }
}

/** FILTER as a CASE, which every engine has, over windows too. */
function filtered(filter: Compiled, [first]: readonly Compiled[]): readonly Compiled[] {
  const value = first ?? plain('1', { type: 'bigint' })
  return [made([filter, value], value.type, ([a, b]) => `CASE WHEN ${a} THEN ${b} END`)]
}

function overOf(at: Compiling, { partitionBy, orderBy, rows }: Over): Compiled {
  const partitions = partitionBy.map(each => compileExpression(at, each))
  const orders = orderBy.map(each => compileExpression(at, each.by))
  const ordered = orders.map((each, i) => {
    const { descending, nulls } = orderBy[i]!
    return `${comparable(at.dialect, each)}${descending ? ' DESC' : ''} NULLS ${nulls.toUpperCase()}`
  })
  const pieces = [
    ...(partitions.length === 0 ? [] : [`PARTITION BY ${partitions.map(({ sql }) => sql).join(', ')}`]),
    ...(ordered.length === 0 ? [] : [`ORDER BY ${ordered.join(', ')}`]),
    ...(rows === undefined ? [] : [`ROWS BETWEEN ${rows.from} AND ${rows.to}`]),
  ]
  return made([...partitions, ...orders], { type: 'null' }, () => ` OVER (${pieces.join(' ')})`)
}

function unknownFunction(at: Compiling, expression: At<'call'>): never {
  const known = Object.keys(FUNCTIONS)
  const remedy = whichWasMeant(expression.name, known, `there are ${known.join(', ')}`)
  return fails(at, expression, `the function ${expression.name} is not known here`, remedy)
}
