import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { runInputText } from '../../../core/declare/run-input.ts'
import { TributaryError } from '../../../core/errors.ts'
import { type Run, type RunPlace, stoppedBefore } from '../../../core/ports/runs.ts'
import { retrying, timeLeftOf } from '../../aws/retry.ts'
import type { DynamodbRuns } from '../dynamodb/dynamodb.ts'
import {
  describeExecution,
  type Executions,
  endOf,
  errorOf,
  executionArn,
  listExecutions,
  statesOfHistory,
  stopExecution,
} from './executions.ts'

export type StepFunctionsRunsOptions = {
  readonly client: SFNClient
  /** ARNs of state machines by their name in this project: `{ batch: 'arn:aws:states:…:stateMachine:…' }`. */
  readonly machines: Readonly<Record<string, string>>
  /** What the tasks of a run recorded. */
  readonly recorded: Pick<DynamodbRuns, 'get' | 'list' | 'close'>
  /** A new run id: 1 to 80 letters, digits, `-` and `_`. */
  readonly newId: () => string
  /** Patience with one call, ms (8,000): an HTTP API answers within 30 s. */
  readonly timeoutMs?: number
}

/** Running runs that `list` asks after; more do not run at a time, as one lock serialises them. */
const MAX_REFRESHED = 20
/** Newest executions of a machine that `list` looks at. */
const LISTED = 100
/** Names that StartExecution takes; anything else names no run. */
const RUN_ID = /^[\w.-]{1,80}$/

/**
 * Runs as executions of Step Functions. An execution has a record once its first task has worked; before
 * that, and for one that EventBridge Scheduler started, what Step Functions says stands for it. The first
 * reader of a run that has ended writes its status, error and states into the record.
 *
 * Errors: TributaryError `not_found` (machine), `too_large`, `bad_request`, `overloaded`, `unavailable`,
 * `timeout`, `storage_failed`.
 */
export function createStepFunctionsRuns(options: StepFunctionsRunsOptions) {
  const { client, machines, recorded, newId, timeoutMs = 8000 } = options
  const executions: Executions = { client, timeoutMs }

  /** A recorded run as Step Functions has it by now. */
  const refreshed = async (run: Run): Promise<Run> => {
    const machine = machines[run.machine]
    const arn = machine === undefined ? undefined : executionArn(machine, run.id)
    const found = arn === undefined ? undefined : await describeExecution(executions, arn)
    if (found === undefined || arn === undefined) return run
    const input = JSON.parse(found.input ?? '{}') as unknown
    const end = endOf(found)
    if (end.status === 'running') return { ...run, input }
    const error = errorOf(found)
    const ended: Run = {
      ...run,
      ...{ ...end, input, endedAt: found.stopDate?.getTime() ?? run.startedAt },
      ...(error !== undefined && { error }),
      states: await statesOfHistory(executions, arn),
    }
    await recorded.close(ended)
    return ended
  }

  /** A run that has no record: each machine is asked for an execution of that name. */
  const unrecorded = async (id: string): Promise<Run | undefined> => {
    for (const [machine, arn] of Object.entries(machines)) {
      const found = await describeExecution(executions, executionArn(arn, id))
      if (found !== undefined)
        return refreshed({ ...newRun(id, machine, {}), startedAt: found.startDate?.getTime() ?? 0 })
    }
    return undefined
  }

  /** Should Step Functions not say with which words it was stopped, the record does. */
  const stoppedBy = async (run: Run, by: string): Promise<Run> => {
    const stopped: Run = { ...run, status: 'stopped', stoppedBy: by }
    await recorded.close(stopped)
    return stopped
  }

  const get = async (id: string): Promise<Run | undefined> => {
    if (!RUN_ID.test(id)) return undefined
    const run = await recorded.get(id)
    if (run === undefined) return unrecorded(id)
    return run.status === 'running' ? refreshed(run) : run
  }

  return {
    /**
     * Starts an execution. Its name is the run's id, so an attempt whose answer was lost is not made twice.
     */
    async start(machine: string, input: unknown): Promise<Run> {
      const arn = Object.hasOwn(machines, machine) ? machines[machine]! : unknownMachine(machine, machines)
      const text = runInputText(input)
      const id = newId()
      const command = new StartExecutionCommand({ stateMachineArn: arn, name: id, input: text })
      const startedAt = await retrying(
        async abortSignal => startDateOf(() => client.send(command, { abortSignal }), machine),
        { what: `start state machine ${machine}`, timeLeft: timeLeftOf(timeoutMs), attempts: 4 },
      )
      return { ...newRun(id, machine, input ?? {}), startedAt }
    },
    get,
    /**
     * Stops an execution. What its machines started beside it, and a function that is at work, go on to their
     * own end.
     */
    async stop(id: string, by: string): Promise<Run> {
      const run = await get(id)
      if (run === undefined)
        throw new TributaryError(
          'not_found',
          `there is no run "${id.slice(0, 100)}"; GET /v1/runs lists them`,
        )
      if (run.status !== 'running') return stoppedBefore(run)
      await stopExecution(executions, executionArn(machines[run.machine]!, id), by)
      const ended = (await get(id)) ?? run
      return ended.status === 'aborted' ? stoppedBy(ended, by) : ended
    },
    /**
     * Newest first, at most 100 executions a machine among them that have no record yet. Reports are left to
     * `get`.
     */
    async list(limit: number, after?: RunPlace): Promise<readonly Run[]> {
      if (limit < 1) return []
      const [records, ...listed] = await Promise.all([
        recorded.list(limit, after),
        ...Object.entries(machines).map(([name, arn]) =>
          listExecutions(executions, name, arn, after === undefined ? Math.min(limit, LISTED) : LISTED),
        ),
      ])
      const known = new Set(records.map(run => run.id))
      const running = records.filter(run => run.status === 'running').slice(0, MAX_REFRESHED)
      const fresh = new Map(
        await Promise.all(running.map(async run => [run.id, await refreshed(run)] as const)),
      )
      return [
        ...records.map(run => fresh.get(run.id) ?? run),
        ...listed.flat().filter(run => !known.has(run.id) && isBehind(run, after)),
      ]
        .sort(newestFirst)
        .slice(0, limit)
    },
  }
}

function newestFirst(a: RunPlace, b: RunPlace): number {
  return b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1)
}

const isBehind = (run: RunPlace, after: RunPlace | undefined): boolean =>
  after === undefined || (run.id !== after.id && newestFirst(after, run) < 0)

function newRun(id: string, machine: string, input: unknown): Run {
  return { id, machine, input, status: 'running', startedAt: 0, states: [], report: {} }
}

/** Starts, and answers when. Errors that the caller can act on get their code here. */
async function startDateOf(
  send: () => Promise<{ startDate?: Date | undefined }>,
  machine: string,
): Promise<number> {
  try {
    return (await send()).startDate?.getTime() ?? Date.now()
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    // Ids are ours and new, so an earlier attempt, of which the answer was lost, has started this execution.
    if (name === 'ExecutionAlreadyExists') return Date.now()
    if (name === 'StateMachineDoesNotExist' || name === 'StateMachineDeleting')
      throw new TributaryError('not_found', `state machine ${machine} is not deployed: deploy the stack`, {
        cause: error,
      })
    if (name === 'ExecutionLimitExceeded')
      throw new TributaryError('overloaded', 'too many executions are running in this account', {
        cause: error,
      })
    throw error
  }
}

function unknownMachine(name: string, machines: Readonly<Record<string, string>>): never {
  const known = Object.keys(machines).join(', ')
  throw new TributaryError('not_found', `there is no state machine "${name}"; there are ${known || 'none'}`)
}
