import type { Context } from 'aws-lambda'
import { parseInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import type { LockTask, RunLock } from '../../core/ports/run-lock.ts'
import type { RunJournal } from '../../core/ports/runs.ts'
import { payloadOf, textOf } from '../../steps/batch/task.ts'

export type RecordedDeps = {
  readonly journal: RunJournal
  readonly lock: RunLock
  /** ms since 1970. */
  readonly now: () => number
}

/** What a task learns besides its payload: ms until Lambda ends it. */
export type TaskTime = { readonly timeLeft: () => number }

export type RecordedHandler = (payload: unknown, time: TaskTime) => unknown

type LambdaContext = Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>

/** Clocks of two containers may differ by this, ms. */
const SKEW_MS = 5000

/**
 * A task of a state machine as a Lambda function, which sees to what the runner does on one machine. Before
 * the task: its run holds the lock, and the state is in the run's record. After it: the task's `report` is
 * merged into the record, and left out of the answer (payloads end at 256 KiB).
 *
 * The payload carries `run`, `state` and `entered`; that of a machine's first task `machine`, `execution` and
 * `started` too, and takes the lock. A record that cannot be written fails the task, which is then done
 * again.
 *
 * @throws (the function) TributaryError `busy` or `conflict` of the lock; of the record; of the task
 */
export function recorded(handler: RecordedHandler, { journal, lock, now }: RecordedDeps) {
  return async (payload: unknown, context: LambdaContext): Promise<unknown> => {
    const fields = payloadOf(payload)
    const run = textOf(fields, 'run')
    const timeLeft = () => context.getRemainingTimeInMillis()
    const task: LockTask = { run, id: context.awsRequestId, endsBy: now() + timeLeft() + SKEW_MS }
    const isFirst = fields['machine'] !== undefined
    await (isFirst ? lock.take(task, textOf(fields, 'execution')) : lock.enter(task))
    const result = await leaving(lock, task, async () => {
      if (isFirst) await journal.open(openingOf(run, fields))
      await journal.entered(run, { name: textOf(fields, 'state'), enteredAt: instantOf(fields, 'entered') })
      return handler(payload, { timeLeft })
    })
    if (!isPlain(result)) return result
    const { report, ...answer } = result
    if (isPlain(report) && Object.keys(report).length > 0) await journal.report(run, report)
    return answer
  }
}

/** Leaves the lock also after a failure; one to leave it must not hide why the task failed. */
async function leaving(lock: RunLock, task: LockTask, work: () => Promise<unknown>): Promise<unknown> {
  let result: unknown
  try {
    result = await work()
  } catch (error) {
    // The lock frees itself when the task's time is over.
    await lock.leave(task).catch(() => undefined)
    throw error
  }
  await lock.leave(task)
  return result
}

function openingOf(id: string, fields: Readonly<Record<string, unknown>>) {
  return { id, machine: textOf(fields, 'machine'), startedAt: instantOf(fields, 'started') }
}

function instantOf(fields: Readonly<Record<string, unknown>>, name: string): number {
  const instant = parseInstant(textOf(fields, name))
  if (instant !== undefined) return instant
  throw new TributaryError('bad_request', `"${name}" must be an instant`)
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
