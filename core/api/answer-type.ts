import { TributaryError } from '../errors.ts'

/** What an answer can be written as, and the media type by which it is asked for. */
const TYPES = {
  'application/json': 'json',
  'text/csv': 'csv',
  'application/vnd.apache.parquet': 'parquet',
} as const

export type AnswerType = (typeof TYPES)[keyof typeof TYPES]

export const PARQUET = 'application/vnd.apache.parquet'

/**
 * What an `Accept` header asks for: the first that it names of those that can be given; JSON where it names
 * none of these, as other types may be meant by a wildcard.
 *
 * @param isParquetThere whether something can write it
 * @throws TributaryError `not_acceptable` where it is named alone, and cannot be given
 */
export function answerType(accept = '', isParquetThere = false): AnswerType {
  const named = accept.split(',').map(type => type.split(';', 1)[0]!.trim().toLowerCase())
  const known = named.flatMap(type => (isKnown(type) ? [TYPES[type]] : []))
  const given = known.find(type => type !== 'parquet' || isParquetThere)
  if (given !== undefined) return given
  if (known.length === 0 || named.some(type => type.startsWith('*/'))) return 'json'
  throw new TributaryError(
    'not_acceptable',
    `this deployment writes no ${PARQUET}: on AWS no engine is beside the function that answers; accept text/csv or application/json, or read the metric's curated files by Athena`,
  )
}

function isKnown(type: string): type is keyof typeof TYPES {
  return Object.hasOwn(TYPES, type)
}
