/**
 * Why a condition is not brought about on the emulator; where a test has it in one process, which, and by
 * what word.
 */
export type Elsewhere = {
  readonly because: string
  readonly shown?: { readonly file: string; readonly by: string }
}

const NO_CONCURRENCY = { because: 'the emulator ignores concurrency' }
const AT_ONCE = { because: 'Firehose of the emulator reads and delivers at once' }
const NO_THROTTLE = {
  because: 'the emulator throttles nothing; our double of DynamoDB does',
  shown: { file: 'test/exactness/dynamodb.prop.test.ts', by: 'throttles' },
}

/**
 * Rows of docs/operations.md that were not followed on a stage; docs/documents-only.md lists them. The
 * definition of each alarm is evaluated by test/deploy/template.test.ts all the same.
 */
export const ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  'speed-is-late': {
    because: 'the emulator writes no metrics of its own, and runs no batches of a shard in parallel',
  },
  'stream-throttles': {
    because: 'the emulator refuses no record',
    shown: { file: 'test/drivers/stream/kinesis/kinesis.test.ts', by: 'ThrottlingException' },
  },
  'ingest-is-throttled': NO_CONCURRENCY,
  'speed-is-throttled': NO_CONCURRENCY,
  'concurrency-is-short': NO_CONCURRENCY,
  'real-time-table-is-throttled': NO_THROTTLE,
  'batch-table-is-throttled': NO_THROTTLE,
  'markers-table-is-throttled': NO_THROTTLE,
  'control-table-is-throttled': NO_THROTTLE,
  'arrivals-are-late': AT_ONCE,
  'rejected-are-late': AT_ONCE,
  'arrivals-are-read-late': AT_ONCE,
  'types-are-unknown': {
    because: 'a speed function of an older version would have to be packaged',
    shown: { file: 'test/functions/speed-poison.test.ts', by: 'unknown_type' },
  },
  'boundary-is-old': { because: 'an epoch would have to wait for two hours' },
  '<machine>-runs-hang': { because: 'a run would have to last for a day' },
  budget: { because: 'the emulator knows no budgets' },
}
