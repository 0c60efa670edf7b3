import { FORMATS } from '../schema/formats.ts'
import { DECIMAL_DIGITS, POWERS_OF_TEN } from './decimal.ts'
import { type Field, readerOf } from './fields.ts'
import { parseInstant } from './time.ts'

type Test = (value: unknown) => boolean

/**
 * Compiles whether a value can be read as its field is declared: its kind, the range of its digits, and null
 * where the field takes null. Bounds, patterns and lists of values are no part of it, as they are about
 * events to come. The SQL of the batch layer has the same table of cases (core/sql/duckdb/unchecked-raw.ts).
 */
export function compileReadable({ kind, scale, nullable }: Field): Test {
  const isOfKind = kind === 'number' ? numberOf(scale) : OF_KIND[kind]
  return value => (value === null ? nullable : isOfKind(value))
}

/**
 * A reader of the field's value in an event's data: undefined where it is missing, and where there is
 * something that cannot be read as the field is declared. Nobody checks a value under a name that is not
 * declared yet, so whoever reads events that may be older than a declaration reads them by this.
 */
export function readableOf(field: Field): (data: Record<string, unknown>) => unknown {
  const read = readerOf(field.path)
  const isReadable = compileReadable(field)
  return data => {
    const value = read(data)
    return value !== undefined && isReadable(value) ? value : undefined
  }
}

const OF_KIND: Readonly<Record<Exclude<Field['kind'], 'number'>, Test>> = {
  string: value => typeof value === 'string',
  instant: value =>
    typeof value === 'string' && value.length <= LONGEST_INSTANT && parseInstant(value) !== undefined,
  integer: value => Number.isSafeInteger(value),
  boolean: value => typeof value === 'boolean',
  json: () => true,
}

const LONGEST_INSTANT = FORMATS['date-time']!

/** Whether it is a number that DECIMAL(18, scale) holds; without a scale a double does. */
function numberOf(scale: number | undefined): Test {
  const limit = scale === undefined ? Infinity : POWERS_OF_TEN[DECIMAL_DIGITS - scale]!
  return value => typeof value === 'number' && value < limit && value > -limit
}
