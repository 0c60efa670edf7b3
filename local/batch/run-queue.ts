import { setTimeout as sleep } from 'node:timers/promises'
import { isErrorCode, TributaryError, toTributaryError } from '../../core/errors.ts'
import type { Run, Runs } from '../../core/ports/runs.ts'
import { type Execution, execute } from './execution.ts'
import type { FailureLog } from './failure-log.ts'
import { type RunRecord, runRecord, saveRun } from './run-record.ts'
import type { BoundMachine } from './task-handlers.ts'

/** The runs of machines that must not run at the same time: one goes on, the others wait. */
export type RunQueue = {
  /** Records a run durably, then executes it when its turn comes. */
  add(run: Run): Promise<Run>
  /** A waiting run of this machine with this input. */
  twin(machine: string, inputText: string): Promise<Run> | undefined
  waiting(): number
  /** The record of a run that waits or goes on. */
  record(id: string): RunRecord | undefined
  /** Ends a run that waits now, and one that goes on after its state; resolves once that is recorded. */
  stop(id: string, by: string): Promise<void>
  /** Suspends all of them, giving the current state `patienceMs` to finish. */
  drain(patienceMs: number): Promise<void>
}

type Job = {
  readonly record: RunRecord
  readonly inputText: string
  /** Until the run is recorded durably it must not begin. */
  readonly recorded: Promise<void>
  readonly ended: PromiseWithResolvers<void>
  isRecorded: boolean
  execution?: Execution
}

/** Longest time that handlers which ignore their abort signal hold up the next run, ms. */
const SETTLE_MS = 30_000

export function createRunQueue(
  machines: ReadonlyMap<string, BoundMachine>,
  { runs, log, now }: { readonly runs: Runs; readonly log: FailureLog; readonly now: () => number },
): RunQueue {
  const waiting: Job[] = []
  let current: Job | undefined
  let busy = false
  let draining = false

  const proceed = async (): Promise<void> => {
    const at = busy || draining ? -1 : waiting.findIndex(job => job.isRecorded)
    if (at === -1) return
    busy = true
    current = waiting.splice(at, 1)[0]!
    await perform(current)
    busy = false
    await proceed()
  }
  const perform = async (job: Job): Promise<void> => {
    const run = job.record.current()
    job.execution = execute(machines.get(run.machine)!, run, {
      state: name => job.record.entered(name, now()),
      retried: name => job.record.retried(name),
      report: part => job.record.report(part),
    })
    const outcome = await job.execution.outcome
    if (outcome.status === 'failed') log.error({ err: failureOf(run, outcome.error) }, 'a run has failed')
    await job.record.close(outcome.status === 'suspended' ? undefined : { ...outcome, endedAt: now() })
    current = undefined
    job.ended.resolve()
    const idle = job.execution.idle().then(() => true)
    if (!(await Promise.race([idle, sleep(SETTLE_MS, false, { ref: false })])))
      log.error({ run: job.record.id }, 'handlers of an ended run ignore their abort signal and still run')
  }
  const remove = (job: Job): boolean => {
    const at = waiting.indexOf(job)
    if (at !== -1) waiting.splice(at, 1)
    return at !== -1
  }
  const find = (id: string): Job | undefined =>
    current?.record.id === id ? current : waiting.find(job => job.record.id === id)

  return {
    async add(run) {
      const job: Job = {
        record: runRecord(run, runs, log),
        inputText: JSON.stringify(run.input),
        recorded: saveRun(runs, run),
        ended: Promise.withResolvers(),
        isRecorded: false,
      }
      // In line before it is recorded: the limit on waiting runs and the search for twins must see it.
      waiting.push(job)
      try {
        await job.recorded
      } catch (error) {
        remove(job)
        throw toTributaryError(error)
      }
      job.isRecorded = true
      // Never rejects: what goes wrong in a run is part of its record.
      void proceed()
      return run
    },
    twin(machine, inputText) {
      const job = waiting.find(
        other => other.inputText === inputText && other.record.current().machine === machine,
      )
      return job?.recorded.then(() => job.record.current())
    },
    waiting: () => waiting.length,
    record: id => find(id)?.record,
    async stop(id, by) {
      const job = find(id)
      await job?.recorded
      if (job === undefined) throw gone(id)
      await job.record.stopping(by)
      if (remove(job)) return job.record.close({ status: 'stopped', endedAt: now() })
      if (job !== current) throw gone(id)
      // Its end is part of its record; nobody waits for a state that may take a quarter of an hour.
      void job.execution?.stop()
    },
    async drain(patienceMs) {
      draining = true
      const shelved = waiting.splice(0)
      // Its failure belongs to the caller of add; here it counts only that nothing is written any more.
      await Promise.allSettled(shelved.map(job => job.recorded))
      await Promise.all(shelved.map(job => job.record.close()))
      const last = current
      await last?.execution?.suspend(patienceMs)
      await last?.ended.promise
    },
  }
}

function gone(id: string): TributaryError {
  return new TributaryError('conflict', `run ${id} has ended meanwhile`)
}

/** Said once for each run that fails, with where to look. */
function failureOf({ id, machine }: Run, { name, cause }: NonNullable<Run['error']>): TributaryError {
  const code = isErrorCode(name) ? name : 'internal'
  const detail = `run ${id} of ${machine} failed: ${name}: ${cause}; npx tributary runs show ${id} has its states`
  return new TributaryError(code, detail)
}
