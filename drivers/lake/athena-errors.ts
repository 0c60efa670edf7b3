import type { QueryExecutionStatus } from '@aws-sdk/client-athena'
import { type ErrorCode, TributaryError } from '../../core/errors.ts'

/** Error types of Athena's error catalogue (Amazon Athena user guide): resources exhausted, and timed out. */
const EXHAUSTED = 8
const TIMED_OUT: ReadonlySet<number> = new Set([206, 210])

/** How reasons begin, or what they hold; Trino's error names and Athena's own words. */
const REASONS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/bytes scanned limit/i, 'too_large'],
  [/^(EXCEEDED_(LOCAL_|GLOBAL_)?MEMORY_LIMIT|EXCEEDED_SCAN_LIMIT|Query exhausted resources)/i, 'too_large'],
  [/^(EXCEEDED_TIME_LIMIT|Query timeout)/i, 'timeout'],
  [/^(INVALID_CAST_ARGUMENT|NUMERIC_VALUE_OUT_OF_RANGE|DIVISION_BY_ZERO)/, 'corrupt_data'],
  [/^(INVALID_FUNCTION_ARGUMENT|HIVE_BAD_DATA|HIVE_INVALID_)/, 'corrupt_data'],
  [/SlowDown|Slow Down|TooManyRequests|throttl/i, 'overloaded'],
  [/Access Denied|AccessDenied|PERMISSION_DENIED|NoSuchBucket|NoSuchKey/i, 'storage_failed'],
  [/^(HIVE_CANNOT_OPEN_SPLIT|HIVE_FILESYSTEM_ERROR|HIVE_CURSOR_ERROR|HIVE_WRITER_)/, 'storage_failed'],
]

const REMEDIES: Readonly<Partial<Record<ErrorCode, string>>> = {
  too_large: '; raise the workgroup’s limit of bytes scanned, or run this work on Spark',
  storage_failed: '; see that the workgroup’s role may use the lake’s bucket and Glue tables',
}

/** What a query that did not succeed means: by its reason, then by Athena's error type. */
export function queryError(status: QueryExecutionStatus, id: string): TributaryError {
  const reason = status.AthenaError?.ErrorMessage ?? status.StateChangeReason ?? 'no reason given'
  const code = codeOf(status, reason)
  const ended = status.State === 'CANCELLED' ? 'was cancelled' : 'failed'
  const detail = `lake: Athena query ${id} ${ended}: ${reason.slice(0, 1000)}${REMEDIES[code] ?? ''}`
  return new TributaryError(code, detail, { cause: status })
}

function codeOf({ AthenaError, StateChangeReason }: QueryExecutionStatus, reason: string): ErrorCode {
  const texts = [reason, StateChangeReason ?? '']
  const known = REASONS.find(([pattern]) => texts.some(text => pattern.test(text)))
  if (known !== undefined) return known[1]
  const { ErrorCategory, ErrorType, Retryable } = AthenaError ?? {}
  if (ErrorType !== undefined && TIMED_OUT.has(ErrorType)) return 'timeout'
  if (ErrorType !== undefined && ErrorType <= EXHAUSTED) return 'too_large'
  return Retryable === true || ErrorCategory === 1 ? 'unavailable' : 'internal'
}
