import { runInputText } from '../../core/declare/run-input.ts'
import { TributaryError } from '../../core/errors.ts'
import { type Run, type Runs, stoppedBefore } from '../../core/ports/runs.ts'
import { within } from '../deadline.ts'
import type { StateMachineDefinition } from './asl.ts'
import type { FailureLog } from './failure-log.ts'
import { createRunQueue, type RunQueue } from './run-queue.ts'
import { follow, saveRun } from './run-record.ts'
import { bindTasks, type StartMachine, type TaskHandlers } from './task-handlers.ts'

export type RunnerSettings = {
  /** Definitions by machine name. */
  readonly machines: Readonly<Record<string, StateMachineDefinition>>
  readonly handlers: TaskHandlers
  readonly runs: Runs
  readonly log: FailureLog
  /** ms since 1970. */
  readonly now: () => number
  /** A new run id; ids sort by time. */
  readonly newId: () => string
  /**
   * The lock of a machine: runs under one lock never go on at the same time. Default: each machine has its
   * own.
   */
  readonly lockOf?: (machine: string) => string
  /** Runs of one machine that may wait for another (20). */
  readonly maxWaiting?: number
  /** Patience of `drain` with the current states, ms (30,000). */
  readonly drainTimeoutMs?: number
}

/** Runs state machines in this process, one execution under a lock at a time. */
export type Runner = {
  /**
   * Records a run durably as running, then executes it once no other run of its machine goes on. With
   * `coalesce`, an equal run that still waits stands for this one too, as its states will see all that has
   * happened until now.
   *
   * @throws TributaryError `not_found` (machine), `bad_request` (input is not JSON), `too_large`,
   * `too_many`, `unavailable` (shutting down), `storage_failed`
   */
  start(machine: string, input: unknown, options?: { readonly coalesce?: boolean }): Promise<Run>
  /** Restarts, from its beginning, every recorded run that was going on when the process ended. */
  resume(): Promise<readonly Run[]>
  /**
   * The run now and after every change, until it ends (or is cut short by `drain`) or `signal` aborts. A slow
   * reader gets only the latest. @throws TributaryError `not_found`
   */
  follow(id: string, signal?: AbortSignal): AsyncIterable<Run>
  /**
   * Ends a run that waits now, and one that goes on after the state it is in, which no more than the state's
   * own time-out bounds. `by`: who asks. One that was stopped before is answered as it is.
   *
   * @throws TributaryError `not_found`; `conflict` when it has ended otherwise
   */
  stop(id: string, by: string): Promise<Run>
  /** Lets current states finish and enters no more. Runs cut short stay recorded as running, for `resume`. */
  drain(): Promise<void>
}

/** Runs that `resume` looks through: as many as the record keeps. */
const RECORDED_RUNS = 1000
const READ_TIMEOUT_MS = 10_000

/**
 * Creates the runner.
 *
 * @throws TributaryError `invalid_declaration` when a task has no handler
 *
 * @example
 * const runner = createRunner({ machines: { batch }, handlers: { PlanFunctionArn: plan }, runs, log, now, newId })
 * await runner.resume()
 * const { id } = await runner.start('batch', {})
 * for await (const run of runner.follow(id)) console.log(run.status, run.states.at(-1)?.name)
 */
export function createRunner(settings: RunnerSettings): Runner {
  const { runs, now } = settings
  // Machines start machines only once the runner is there.
  const queues = queuesOf(settings, (machine, input) => runner.start(machine, input, { coalesce: true }))
  const queueOf = (id: string): RunQueue | undefined =>
    [...queues.values()].find(queue => queue.record(id) !== undefined)
  let draining = false

  const runner: Runner = {
    async start(machine, input, { coalesce = false } = {}) {
      const queue = queues.get(machine) ?? unknownMachine(machine, queues)
      if (draining) throw new TributaryError('unavailable', 'the platform is shutting down')
      const text = runInputText(input)
      const twin = coalesce ? queue.twin(machine, text) : undefined
      if (twin !== undefined) return twin
      refuseAbove(settings.maxWaiting ?? 20, queue, machine)
      return queue.add(newRun(settings.newId(), machine, JSON.parse(text), now()))
    },
    async resume() {
      const recorded = await within(READ_TIMEOUT_MS, 'reading the runs', runs.list(RECORDED_RUNS))
      const open = recorded.filter(run => run.status === 'running' && queueOf(run.id) === undefined)
      const resumed: Run[] = []
      for (const run of open.reverse()) {
        const queue = queues.get(run.machine)
        if (queue === undefined) await saveRun(runs, orphaned(run, now()))
        // The process ended before the state did after which it was to end.
        else if (run.stoppedBy !== undefined)
          await saveRun(runs, { ...run, status: 'stopped', endedAt: now() })
        else resumed.push(await queue.add(newRun(run.id, run.machine, run.input, run.startedAt)))
      }
      return resumed
    },
    async *follow(id, signal) {
      const record = queueOf(id)?.record(id)
      if (record === undefined) yield await recordedRun(runs, id)
      else yield* follow(record, signal)
    },
    async stop(id, by) {
      const queue = queueOf(id)
      const record = queue?.record(id)
      if (queue === undefined || record === undefined) return stoppedBefore(await recordedRun(runs, id))
      await queue.stop(id, by)
      return record.current()
    },
    async drain() {
      draining = true
      await Promise.all(
        [...new Set(queues.values())].map(queue => queue.drain(settings.drainTimeoutMs ?? 30_000)),
      )
    },
  }
  return runner
}

/** The queue of each machine, by machine. */
function queuesOf(settings: RunnerSettings, start: StartMachine): ReadonlyMap<string, RunQueue> {
  const machines = Object.entries(settings.machines).map(([name, definition]) => ({
    name,
    lock: settings.lockOf?.(name) ?? name,
    bound: bindTasks(name, definition, settings.handlers, start),
  }))
  const byLock = Map.groupBy(machines, ({ lock }) => lock)
  return new Map(
    byLock.values().flatMap(members => {
      const queue = createRunQueue(new Map(members.map(({ name, bound }) => [name, bound])), settings)
      return members.map(({ name }) => [name, queue] as const)
    }),
  )
}

/** Also at a restart: the states are entered from the first, so the earlier attempt's trace would mislead. */
function newRun(id: string, machine: string, input: unknown, startedAt: number): Run {
  return { id, machine, input, status: 'running', startedAt, states: [], report: {} }
}

function orphaned(run: Run, endedAt: number): Run {
  const error = { name: 'not_found', cause: `there is no state machine "${run.machine}" any more` }
  return { ...run, status: 'failed', endedAt, error }
}

async function recordedRun(runs: Runs, id: string): Promise<Run> {
  const run = await within(READ_TIMEOUT_MS, `reading run ${id}`, runs.get(id))
  if (run === undefined) throw new TributaryError('not_found', `there is no run ${id}`)
  return run
}

function unknownMachine(name: string, queues: ReadonlyMap<string, RunQueue>): never {
  const known = [...queues.keys()].join(', ')
  throw new TributaryError('not_found', `there is no state machine "${name}"; there are ${known || 'none'}`)
}

function refuseAbove(limit: number, queue: RunQueue, machine: string): void {
  if (queue.waiting() < limit) return
  throw new TributaryError('too_many', `${limit} runs of ${machine} wait already`, { retryAfter: 30 })
}
