import type { StepStatus } from '@aws-sdk/client-emr'
import { type ErrorCode, TributaryError } from '../../core/errors.ts'

/** What EMR finds in a step's logs. */
const MESSAGES: readonly (readonly [RegExp, ErrorCode])[] = [
  [/OutOfMemoryError|exceeding (physical|virtual) memory|No space left on device/i, 'too_large'],
  [
    /SparkArithmeticException|CAST_INVALID_INPUT|NumberFormatException|SparkDateTimeException/,
    'corrupt_data',
  ],
  [/SlowDown|Throttling/, 'overloaded'],
  [/AccessDenied|Access Denied|NoSuchBucket/, 'storage_failed'],
]

/** What a step that did not succeed means. An interrupted one lost its cluster, as to a lack of spot capacity. */
export function stepError(status: StepStatus, step: string): TributaryError {
  const { Reason, Message, LogFile } = status.FailureDetails ?? {}
  const reason =
    [Reason, Message].filter(Boolean).join(': ') || status.StateChangeReason?.Message || 'no reason given'
  const found = MESSAGES.find(([pattern]) => pattern.test(reason))?.[1]
  const code = status.State === 'INTERRUPTED' ? 'unavailable' : (found ?? 'internal')
  const log = LogFile === undefined ? '' : `; its log is ${LogFile}`
  const ended = (status.State ?? 'unknown').toLowerCase()
  return new TributaryError(code, `lake: Spark step ${step} is ${ended}: ${reason.slice(0, 1000)}${log}`, {
    cause: status,
  })
}
