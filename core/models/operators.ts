import type { Dialect, Sql } from '../sql/dialect.ts'
import { operand } from '../sql/operand.ts'
import { typeSql } from './engine-words.ts'
import { comparable, isNumber, type Typed } from './functions.ts'
import { refuse } from './tokens.ts'
import type { Expression, ValueType } from './tree.ts'
import { commonType, MOST_DIGITS, typeName } from './value-types.ts'

/** A column that an expression may name: its SQL, its type, and which columns of sources it is made of. */
export type ScopeColumn = { readonly type: ValueType; readonly from: readonly string[] }

/** Tables of a SELECT, by alias, each with its columns by name. */
export type Scope = ReadonlyMap<string, ReadonlyMap<string, ScopeColumn>>

export type Compiling = { readonly file: string; readonly dialect: Dialect; readonly scope: Scope }

/** SQL of an expression, its type, and the columns of sources that its value is made of. */
export type Compiled = Typed & { readonly from: readonly string[] }

/** Expressions of a kind. */
export type At<K extends Expression['kind']> = Extract<Expression, { readonly kind: K }>

export const BOOLEAN = { type: 'boolean' } as const

/** @throws TributaryError `invalid_declaration` at an expression */
export function fails({ file }: Compiling, { line }: Expression, problem: string, remedy: string): never {
  return refuse({ file, line }, problem, remedy)
}

/** A value that is made of no column. */
export const plain = (sql: Sql, type: ValueType): Compiled => ({ sql, type, from: [] })

/** A value that is made of others. */
export function made(
  parts: readonly Compiled[],
  type: ValueType,
  write: (sql: readonly Sql[]) => Sql,
): Compiled {
  return {
    sql: write(parts.map(({ sql }) => sql)),
    type,
    from: [...new Set(parts.flatMap(({ from }) => from))],
  }
}

export type Sides = readonly [Compiled, Compiled]

/** Texts, one after the other. */
export function joined(at: Compiling, expression: At<'binary'>, sides: Sides): Compiled {
  const other = sides.find(({ type }) => type.type !== 'text' && type.type !== 'null')
  if (other !== undefined) fails(at, expression, `|| joins a ${typeName(other.type)}`, 'cast it to text')
  return made(sides, { type: 'text' }, ([a, b]) => `(${operand(a!)} || ${operand(b!)})`)
}

/** Engines agree where both sides are of one type: what they convert unasked they convert differently. */
export function compared(at: Compiling, expression: At<'binary'>, sides: Sides): Compiled {
  const [left, right] = sides
  requireOne(at, expression, [left, right])
  const isOrder = expression.operator !== '=' && expression.operator !== '<>'
  const side = (each: Compiled) => operand(isOrder ? comparable(at.dialect, each) : each.sql)
  return made(sides, BOOLEAN, () => `${side(left)} ${expression.operator} ${side(right)}`)
}

/** The one type that values have. @throws where they have several */
export function requireOne(at: Compiling, expression: Expression, values: readonly Compiled[]): ValueType {
  const types = values.map(({ type }) => type)
  const common = commonType(types)
  if (common !== undefined) return common
  const named = [...new Set(types.map(typeName))].join(' and ')
  return fails(at, expression, `it takes ${named} for one type`, 'cast one of them')
}

/** Numbers and instants, in types that are the same in every engine. */
export function arithmetic(at: Compiling, expression: At<'binary'>, sides: Sides): Compiled {
  const { operator } = expression
  const [left, right] = sides
  const { dialect } = at
  if (
    left.type.type === 'timestamp' &&
    right.type.type === 'interval' &&
    (operator === '+' || operator === '-')
  )
    return made(sides, left.type, ([a, b]) => `(${operand(a!)} ${operator} ${b!})`)
  if (left.type.type === 'timestamp')
    fails(at, expression, `${operator} of an instant`, "add INTERVAL '2' HOUR, or use ms_between(from, to)")
  const other = sides.find(side => !isNumber(side))
  if (other !== undefined) fails(at, expression, `${operator} of a ${typeName(other.type)}`, 'use numbers')
  const double = { type: 'double' } as const
  const asDouble = (sql: Sql) => `CAST(${sql} AS ${typeSql(dialect, double)})`
  if (operator === '/')
    return made(sides, double, ([a, b]) => `(${asDouble(a!)} / nullif(${asDouble(b!)}, 0))`)
  const common = requireOne(at, expression, sides)
  if (operator === '%') {
    if (common.type !== 'bigint') fails(at, expression, '% of fractions', 'use whole numbers')
    return made(sides, common, ([a, b]) => `(${operand(a!)} % nullif(${b!}, 0))`)
  }
  const write = ([a, b]: readonly Sql[]) => `(${operand(a!)} ${operator} ${operand(b!)})`
  if (common.type !== 'decimal') return made(sides, common, write)
  const [a = 0, b = 0] = [left.type.scale, right.type.scale]
  const type = {
    type: 'decimal',
    precision: MOST_DIGITS,
    scale: operator === '*' ? a + b : Math.max(a, b),
  } as const
  return made(sides, type, sql => `CAST(${write(sql)} AS ${typeSql(dialect, type)})`)
}
