import { DECIMAL_DIGITS, type Scaled, scaledText, toScaled } from '../data/decimal.ts'
import type { Field } from '../data/fields.ts'
import {
  boundOf,
  COMPARISONS,
  type Condition,
  equalValue,
  type Filter,
  type FilterValue,
} from '../data/filter.ts'
import { presenceColumn } from './curated.ts'
import type { Dialect, Sql } from './dialect.ts'

/** The filter of a metric over curated columns; never null itself. Undefined where everything passes. */
export function filterSql(dialect: Dialect, filter: Filter): Sql | undefined {
  const tests = filter.flatMap(({ field, condition }) => conditionSql(dialect, field, condition))
  return tests.length === 0 ? undefined : tests.join(' AND ')
}

function conditionSql(dialect: Dialect, field: Field, condition: Condition): readonly Sql[] {
  const { eq, exists } = condition
  const tests: Sql[] = []
  if (eq !== undefined) tests.push(oneOf(dialect, field, [eq]))
  if (condition.in !== undefined) tests.push(oneOf(dialect, field, condition.in))
  for (const key of COMPARISONS) {
    const operand = condition[key]
    if (operand !== undefined)
      tests.push(comparison(dialect, field, OPERATORS[key], boundOf(field, key, operand)))
  }
  const column = dialect.identifier(field.column)
  if (exists !== undefined) tests.push(`${column} IS ${exists ? 'NOT ' : ''}NULL`)
  return tests
}

const OPERATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

function oneOf(dialect: Dialect, field: Field, values: readonly FilterValue[]): Sql {
  const column = dialect.identifier(field.column)
  const literals = values.flatMap(value => {
    const equal = equalValue(field, value)
    return equal === undefined || equal === null ? [] : (literal(dialect, field, equal) ?? [])
  })
  const tests: Sql[] = []
  if (literals.length > 0) tests.push(`coalesce(${column} IN (${literals.join(', ')}), FALSE)`)
  if (values.includes(null)) tests.push(isNull(dialect, field))
  return tests.length === 0 ? 'FALSE' : `(${tests.join(' OR ')})`
}

/** The event has the field and it is null; typed columns show a missing field the same way. */
function isNull(dialect: Dialect, field: Field): Sql {
  const column = dialect.identifier(field.column)
  if (!field.nullable) return 'FALSE'
  return field.optional
    ? `(${column} IS NULL AND ${dialect.identifier(presenceColumn(field))})`
    : `${column} IS NULL`
}

function comparison(dialect: Dialect, field: Field, operator: string, operand: Scaled | string): Sql {
  const column = dialect.identifier(field.column)
  const value = literal(dialect, field, operand)
  const compared = field.kind === 'string' ? dialect.bytewise(column) : column
  if (value !== undefined) return `coalesce(${compared} ${operator} ${value}, FALSE)`
  // A number that no DECIMAL(18, scale) reaches is above, or below, every value.
  const isBelowAll = (operand as Scaled) < 0
  return isBelowAll === operator.startsWith('>') ? `${column} IS NOT NULL` : 'FALSE'
}

const LIMIT = 10n ** 18n

/** Of a scaled number; undefined for one outside of what the column can hold. */
function literal(dialect: Dialect, field: Field, value: Scaled | string | boolean): Sql | undefined {
  if (typeof value === 'string') return dialect.text(value)
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  const scale = field.scale ?? 0
  const scaled = field.scale === undefined ? toScaled(Number(value), 0) : value
  if (BigInt(scaled) >= LIMIT || BigInt(scaled) <= -LIMIT) return undefined
  return field.kind === 'integer' ? integerLiteral(scaled) : decimalLiteral(scaled, scale)
}

function decimalLiteral(value: Scaled, scale: number): Sql {
  return `CAST('${scaledText(value, scale)}' AS DECIMAL(${DECIMAL_DIGITS}, ${scale}))`
}

function integerLiteral(value: number | bigint): Sql {
  return value < 0 ? `(${value})` : String(value)
}
