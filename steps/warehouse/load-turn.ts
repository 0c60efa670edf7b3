import type { Warehouse } from '../../core/ports/warehouse.ts'
import type { TaskResult } from '../batch/task.ts'
import type { JobFilesPorts } from './job-files.ts'
import type { JobPlan } from './next-job.ts'

/** One call of the step that loads: what it begins with, and what it hands to the next. */

/** Reasons by table; under '*' that of all. */
export type Behind = Readonly<Record<string, string>>

/** Where loading stands between two calls of the step. */
export type LoadProgress = {
  /** How often the run has asked before. */
  readonly attempt: number
  /** Of this run and no other. */
  readonly name: string
  /** Why tables are not tried again in this run. */
  readonly behind: Behind
  /** How often the load of a table has failed in this run for a passing reason. */
  readonly failures: Readonly<Record<string, number>>
  /** A job that goes on in the warehouse. */
  readonly job?: {
    readonly plan: JobPlan
    readonly name: string
    readonly statement: string
    /** How often it has been asked after. */
    readonly asked: number
    /** Rows of its files by epoch (ms), of a table of events. */
    readonly written?: Readonly<Record<string, number>>
  }
}

export type LoadWarehouseResult = TaskResult<{
  /** `behind`: some table is not loaded, for a reason; the next run tries again. */
  readonly state: 'loaded' | 'wait' | 'behind'
  readonly reason: string
  /** How long to wait before the next call, s. */
  readonly seconds: number
  /** For the next call. */
  readonly progress: LoadProgress
}>

/** Progress of a run that begins. */
export const beginning = (run: string): LoadProgress => ({ attempt: 0, name: run, behind: {}, failures: {} })

export type TurnPorts = JobFilesPorts & {
  readonly warehouse: Warehouse
  /** ms since 1970. */
  readonly now: () => number
}

export type Turn = {
  readonly ports: TurnPorts
  readonly progress: LoadProgress
  readonly endsBy: number
  readonly behind: Record<string, string>
  readonly failures: Record<string, number>
  readonly loaded: Record<string, number>
  /** What tables have of the epochs that were loaded, as the report says it: by epoch, then by event type. */
  readonly counted: Record<string, { readonly warehouse: Record<string, LoadedRows> }>
  jobs: number
}

/** Rows that a table of events has of an epoch, after it was loaded, beside those of the curated lake. */
export type LoadedRows = {
  readonly rows: number
  /** Undefined of a load that an earlier version began. */
  readonly curated?: number
  readonly problems: readonly string[]
}

/** `job`: goes on in the warehouse. */
export type Waiting = { readonly job?: LoadProgress['job'] }

/** With the growing pauses, hours. */
const MAX_ATTEMPTS = 200
const LONGEST_PAUSE = 60
/** A call begins no further job after this, ms. */
const LONGEST_CALL = 300_000
/** An execution's cause ends at 32 KiB. */
const LONGEST_REASON = 4000

export function newTurn(ports: TurnPorts, progress: LoadProgress): Turn {
  const endsBy = ports.now() + LONGEST_CALL
  const [behind, failures] = [emptyRecord(progress.behind), emptyRecord(progress.failures)]
  const counts = { loaded: emptyRecord<number>({}), counted: {} }
  return { ports, progress, endsBy, behind, failures, ...counts, jobs: 0 }
}

/** Tables are named by users. */
const emptyRecord = <T>(values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.assign(Object.create(null), values)

/** Whether the run will not ask again after this call. */
export const isLast = ({ attempt }: LoadProgress): boolean => attempt + 1 >= MAX_ATTEMPTS

/** The answer of a call after which the next one has something to do. */
export function wait(turn: Turn, { job }: Waiting): LoadWarehouseResult {
  const { attempt, name } = turn.progress
  if (isLast(turn.progress)) {
    turn.behind['*'] = `the warehouse has not loaded all within ${MAX_ATTEMPTS} looks`
    return end(turn)
  }
  const { behind, failures } = turn
  const progress = { attempt: attempt + 1, name, behind, failures, ...(job !== undefined && { job }) }
  const seconds = Math.min(LONGEST_PAUSE, 2 ** Math.min(job?.asked ?? 0, 10))
  return { state: 'wait', reason: '', seconds, progress, report: reportOf(turn) }
}

/** The answer of a call after which nothing is left to do in this run. */
export function end(turn: Turn): LoadWarehouseResult {
  const { behind, progress } = turn
  const reason = Object.entries(behind).map(([table, why]) => `${table}: ${why}`)
  const state = reason.length === 0 ? 'loaded' : 'behind'
  const text = reason.join('; ').slice(0, LONGEST_REASON)
  return { state, reason: text, seconds: 0, progress, report: reportOf(turn) }
}

function reportOf({ loaded, behind, counted }: Turn): TaskResult<object>['report'] {
  const epochs = Object.keys(counted).length > 0 && { epochs: counted }
  return { warehouse: { loaded: { ...loaded }, behind: { ...behind } }, ...epochs }
}
