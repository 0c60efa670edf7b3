import { type ErrorCode, TributaryError } from '../../../core/errors.ts'

/** What Spark's conditions of errors are here: the first row that something said matches. */
const ROWS: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/OutOfMemoryError|UNABLE_TO_ACQUIRE_MEMORY/, 'too_large', '; raise SPARK_DRIVER_MEMORY'],
  [
    /\[(?:CAST_|MALFORMED_|NUMERIC_VALUE_OUT|ARITHMETIC_OVERFLOW|INVALID_.*VALUE|DECIMAL_)[A-Z_.]*/,
    'corrupt_data',
    '',
  ],
  [/\[(?:PARSE_|UNRESOLVED_|DATATYPE_MISMATCH|UNSUPPORTED_|INCOMPATIBLE_)[A-Z_.]*/, 'internal', ''],
]

const OTHER = [/(?:)/, 'unavailable', ''] as const

/**
 * Why an application failed, of what it said: its conditions alone, as its messages have values of events.
 * Whatever is not the statement's or the data's fault can go better the next time.
 */
export function failureOf(said: string): TributaryError {
  const [, code, remedy] = ROWS.find(([pattern]) => pattern.test(said)) ?? OTHER
  const named = said.match(/\[[A-Z][A-Z_]+(?:\.[A-Z_]+)*\]|\b(?:\w+\.)+\w*(?:Exception|Error)\b/g) ?? []
  const conditions = [...new Set(named)].slice(0, 5).join(', ')
  const reason = conditions === '' ? 'Spark ended before it was through' : `Spark failed: ${conditions}`
  return new TributaryError(code, `${reason}${remedy}`)
}
