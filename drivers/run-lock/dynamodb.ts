import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { formatInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import type { LockTask, RunLock } from '../../core/ports/run-lock.ts'
import { putIf, updateIf } from '../aws/dynamodb/items.ts'
import { type Access, type Attributes, keyAttributes } from '../aws/dynamodb/table.ts'
import { timeLeftOf } from '../aws/retry.ts'

export type DynamodbRunLockOptions = {
  readonly client: DynamoDBClient
  /** The control table. */
  readonly table: string
  /** What the runs of the lock change: `views`, … One run at a time has the lock of a name. */
  readonly name: string
  /** Whether an execution (by ARN) goes on; `executionGoesOn` asks Step Functions. */
  readonly goesOn: (execution: string) => Promise<boolean>
  /** ms since 1970. */
  readonly now: () => number
  /** Patience with one call, ms (10,000). */
  readonly timeoutMs?: number
}

type Holder = {
  readonly run: string
  readonly execution: string
  readonly version: string
  readonly busyUntil: number
}

/** Other takers that may come in between before this one gives up for now. */
const ATTEMPTS = 5
/** The state machine asks again after this time, s. */
const RETRY_AFTER = 30

/**
 * The lock as one item of the control table: who holds it, and until when each of its tasks may be at work. A
 * conditional write a task, one more at its end.
 *
 * A Lambda function goes on after its execution has been stopped, so a holder that ended gives way only once
 * the last of its tasks has left or has run out of time.
 *
 * Errors: TributaryError `busy`, `conflict`, and those of `awsError`.
 */
export function createDynamodbRunLock(options: DynamodbRunLockOptions): RunLock {
  const { client, table, name, goesOn, now, timeoutMs = 10_000 } = options
  const key = { pk: 'lock', sk: name }
  const begin = (): Access => ({ client, table, timeLeft: timeLeftOf(timeoutMs) })
  const doing = (verb: string) => `${verb} the lock of ${name} in`

  /** Changes the item where the task's run holds the lock. */
  const change = (verb: string, task: LockTask, text: string, values: Attributes) =>
    updateIf(
      begin(),
      key,
      { text, names: { '#id': task.id }, values: { ...values, ':one': { N: '1' } } },
      { text: 'run = :run', values: { ':run': { S: task.run } } },
      doing(verb),
    )

  /** Notes the task when its run holds the lock; else answers who does (undefined: nobody). */
  const note = async (task: LockTask): Promise<'held' | Attributes | undefined> => {
    const until = { ':until': { N: String(task.endsBy) } }
    const outcome = await change('enter', task, 'SET tasks.#id = :until ADD version :one', until)
    return outcome.held ? 'held' : outcome.item
  }

  /** Puts the run in the place of the holder that was seen; false when that one has changed meanwhile. */
  const replace = async (task: LockTask, execution: string, seen: Holder | undefined): Promise<boolean> => {
    const item = {
      ...keyAttributes(key),
      run: { S: task.run },
      execution: { S: execution },
      version: { N: String(BigInt(seen?.version ?? 0) + 1n) },
      tasks: { M: { [task.id]: { N: String(task.endsBy) } } },
    }
    const condition =
      seen === undefined
        ? { text: 'attribute_not_exists(pk)' }
        : { text: 'version = :seen', values: { ':seen': { N: seen.version } } }
    return (await putIf(begin(), item, condition, doing('take'))).held
  }

  return {
    async take(task, execution) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const found = await note(task)
        if (found === 'held') return
        const holder = found && holderOf(found)
        if (holder !== undefined) await requireGone(name, holder, goesOn, now())
        if (await replace(task, execution, holder)) return
      }
      throw busy(name, 'several runs ask for them at the same time')
    },
    async enter(task) {
      const found = await note(task)
      if (found === 'held') return
      const holder = found === undefined ? 'no run' : `run ${holderOf(found).run}`
      throw new TributaryError(
        'conflict',
        `run ${task.run} does not hold the lock of ${name} any more; ${holder} does. Start it again`,
      )
    },
    async leave(task) {
      // Another holder means that the task has outlived its time; what it wrote since is what `endsBy`
      // promised not to happen.
      await change('leave', task, 'REMOVE tasks.#id ADD version :one', {})
    },
  }
}

async function requireGone(
  name: string,
  { run, execution, busyUntil }: Holder,
  goesOn: DynamodbRunLockOptions['goesOn'],
  now: number,
): Promise<void> {
  if (await goesOn(execution)) throw busy(name, `run ${run} goes on`)
  if (busyUntil > now)
    throw busy(name, `run ${run} has ended, but a task of it may work until ${formatInstant(busyUntil)}`)
}

function busy(name: string, why: string): TributaryError {
  return new TributaryError('busy', `another run is changing the ${name}: ${why}`, {
    retryAfter: RETRY_AFTER,
  })
}

function holderOf(item: Attributes): Holder {
  const ends = Object.values(item['tasks']?.M ?? {}).map(({ N }) => Number(N))
  return {
    run: item['run']?.S ?? '',
    execution: item['execution']?.S ?? '',
    version: item['version']?.N ?? '0',
    busyUntil: Math.max(0, ...ends),
  }
}
