import type { QueryExecutionStatus } from '@aws-sdk/client-athena'
import { type ErrorCode, TributaryError } from '../../../core/errors.ts'

/** What the reasons of failed queries say, in Athena's words and Trino's; the first that fits. */
const REASONS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/EXCEEDED_|exhausted resources|scan limit/i, 'too_large'],
  [/slow ?down|throttl|too many requests/i, 'overloaded'],
  [/access ?denied|not authorized|permission|PERMISSION_DENIED/i, 'storage_failed'],
  [
    /INVALID_CAST_ARGUMENT|INVALID_FUNCTION_ARGUMENT|NUMERIC_VALUE_OUT_OF_RANGE|DIVISION_BY_ZERO|BAD_DATA/,
    'corrupt_data',
  ],
  [/SYNTAX_ERROR|TYPE_MISMATCH|_NOT_FOUND|FUNCTION_|NOT_SUPPORTED|GENERIC_USER_ERROR/, 'internal'],
]

const REMEDIES: Readonly<Partial<Record<ErrorCode, string>>> = {
  too_large: '; let a larger engine have epochs of this size, or raise the limit of the workgroup',
  storage_failed: '; give the function’s role and the workgroup the rights that docs/deploy.md names',
}

/**
 * A query that has failed, under its id: the names of conditions alone, as Trino's messages hold values of
 * events. Whatever is not the statement's or the data's fault can go better the next time.
 */
export function queryFailed(
  id: string,
  {
    StateChangeReason: reason = '',
    AthenaError,
  }: Pick<QueryExecutionStatus, 'StateChangeReason' | 'AthenaError'>,
): TributaryError {
  const code = REASONS.find(([pattern]) => pattern.test(reason))?.[1] ?? 'unavailable'
  const named = reason.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []
  const type = AthenaError?.ErrorType === undefined ? [] : [`error type ${AthenaError.ErrorType}`]
  const conditions = [...new Set([...named, ...type])].slice(0, 5).join(', ')
  const said = conditions === '' ? '' : `: ${conditions}`
  return new TributaryError(code, `Athena query ${id} failed${said}${REMEDIES[code] ?? ''}`)
}

/** A query that somebody has ended. */
export function queryCancelled(id: string): TributaryError {
  return new TributaryError('unavailable', `Athena query ${id} was cancelled`)
}

/** A query that was stopped after its time. */
export function queryTooLate(id: string, timeoutMs: number): TributaryError {
  return new TributaryError('timeout', `Athena query ${id} took over ${timeoutMs} ms and was stopped`)
}

/** A query that Athena would not take. */
export function queryTooLong(bytes: number, most: number): TributaryError {
  return new TributaryError(
    'too_large',
    `Athena takes queries of ${most} bytes, and one has ${bytes}: compact what it reads into fewer objects, declare fewer measures in one metric, or let another engine have epochs of this size`,
  )
}
