import type { Remembered } from '../../core/declare/remembered.ts'
import type { TributaryError } from '../../core/errors.ts'
import { toTributaryError } from '../../core/errors.ts'
import { EXPORTS, LOADS } from '../../core/lake/lake-paths.ts'
import { isOfEvents } from '../../core/lake/table-identity.ts'
import type { Loading, TableMark, Warehouse } from '../../core/ports/warehouse.ts'
import type { TaskResult } from '../batch/task.ts'
import { type JobFilesPorts, jobOf, writeFiles } from './job-files.ts'
import { type JobPlan, nextStep } from './next-job.ts'
import { asideName, type WantedTable, wantedTables } from './tables.ts'

export type LoadWarehousePorts = JobFilesPorts & {
  /** Undefined where the platform runs without one. */
  readonly warehouse: Warehouse | undefined
  /** ms since 1970. */
  readonly now: () => number
  /** What stored events were declared as, where that is remembered. */
  readonly remembered?: Remembered
  /** Told after each look which tables are behind, and why: none where all is loaded. */
  readonly onLoaded?: (behind: Behind) => void
}

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

export type LoadWarehouse = (progress: LoadProgress) => Promise<LoadWarehouseResult>

/** Progress of a run that begins. */
export const beginning = (run: string): LoadProgress => ({ attempt: 0, name: run, behind: {}, failures: {} })

/** With the growing pauses, hours. */
const MAX_ATTEMPTS = 200
const LONGEST_PAUSE = 60
/** A load that fails for a passing reason is started this often at most. */
const MAX_STARTS = 5
/** So often is looked again, each second, whether a batch that is at work on a metric is done with it. */
const PATIENCE = 5
/** A call begins no further job after this, ms. */
const LONGEST_CALL = 300_000

/**
 * Builds the load step: brings every table of the warehouse to what the boundaries say, from curated data and
 * batch views. No boundary waits for it. How far a table is stands in the warehouse beside it, so that one
 * that was away, or lost, or is another one, catches up by itself. A table that cannot be loaded does not
 * hold up the others.
 */
export function createLoadWarehouse(ports: LoadWarehousePorts): LoadWarehouse {
  return async progress => {
    const { warehouse } = ports
    const turn = newTurn({ ...ports, warehouse: warehouse! }, progress)
    if (warehouse === undefined) return end(turn)
    try {
      const waiting = await catchUp(turn)
      return waiting === undefined ? end(turn) : wait(turn, waiting)
    } catch (error) {
      turn.behind['*'] = toTributaryError(error).message
      return end(turn)
    }
  }
}

type Turn = {
  readonly ports: LoadWarehousePorts & { readonly warehouse: Warehouse }
  readonly progress: LoadProgress
  readonly endsBy: number
  readonly behind: Record<string, string>
  readonly failures: Record<string, number>
  readonly loaded: Record<string, number>
  jobs: number
}

/** `job`: goes on in the warehouse. */
type Waiting = { readonly job?: LoadProgress['job'] }

function newTurn(ports: Turn['ports'], progress: LoadProgress): Turn {
  const endsBy = ports.now() + LONGEST_CALL
  const [behind, failures] = [emptyRecord(progress.behind), emptyRecord(progress.failures)]
  return { ports, progress, endsBy, behind, failures, loaded: emptyRecord({}), jobs: 0 }
}

/** Tables are named by users. */
const emptyRecord = <T>(values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.assign(Object.create(null), values)

/** Answers what is to be waited for; undefined once there is nothing left to do. */
async function catchUp(turn: Turn): Promise<Waiting | undefined> {
  const { ports, progress } = turn
  const wanted = wantedTables(ports.pipeline, ports.remembered)
  if (progress.attempt === 0) await clean(ports)
  const going = await goOn(turn, wanted)
  if (going !== undefined) return going
  const marks = new Map((await ports.warehouse.marks()).map(mark => [mark.relation, mark]))
  for (const each of wanted.filter(({ table }) => !Object.hasOwn(turn.behind, table.name))) {
    const waiting = await alone(turn, each.table.name, () => loadTable(turn, each, marks))
    if (waiting !== undefined) return waiting
  }
  await retireOthers(turn, wanted, marks)
  return undefined
}

/** What a run that was cut short, or an earlier version, has left. */
async function clean({ lake }: LoadWarehousePorts): Promise<void> {
  await lake.remove(LOADS)
  for (const name of await lake.folders(EXPORTS))
    if (name.startsWith('epoch=')) await lake.remove(`${EXPORTS}/${name}`)
}

/** What fails for one table is noted, and the next one comes. */
async function alone<T>(turn: Turn, table: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    const failure = toTributaryError(error)
    // Nobody answers: the others would only wait for the same.
    if (isAway(failure)) throw failure
    turn.behind[table] = failure.message
    return undefined
  }
}

/** The warehouse itself, rather than a table of it. */
function isAway({ code, message }: TributaryError): boolean {
  return code === 'unavailable' && /connect|terminat|ECONN|starting up|shutting down|stopped/i.test(message)
}

/** Steps of one table, until it is as the boundary says. */
async function loadTable(
  turn: Turn,
  wanted: WantedTable,
  marks: Map<string, TableMark>,
): Promise<Waiting | undefined> {
  const { warehouse } = turn.ports
  const { name } = wanted.table
  for (;;) {
    const step = await nextStep(turn.ports, wanted, marks)
    if (step === undefined) return undefined
    if (step.kind === 'later') {
      if (turn.progress.attempt < PATIENCE) return {}
      turn.behind[name] = 'the batch layer has not computed all of it yet'
      return undefined
    }
    if (turn.ports.now() > turn.endsBy) return {}
    if (step.kind === 'drop') {
      await warehouse.retire(step.relation, false)
      marks.delete(step.relation)
    } else if (step.kind === 'switch') {
      await warehouse.switchTo(step.aside, name)
      marks.set(name, { ...marks.get(step.aside)!, relation: name })
      marks.delete(step.aside)
    } else {
      const waiting = await load(turn, wanted, step.plan)
      if (waiting !== undefined) return waiting
      marks.set(step.plan.relation, jobOf(wanted, step.plan, '').mark!)
    }
  }
}

async function load(turn: Turn, wanted: WantedTable, plan: JobPlan): Promise<Waiting | undefined> {
  const { ports, progress } = turn
  const name = `${progress.name} ${progress.attempt} ${turn.jobs++}`
  await writeFiles(ports, ports.warehouse.texts, wanted, plan, name)
  const loading = await ports.warehouse.load(jobOf(wanted, plan, name))
  return settleJob(turn, { plan, name, statement: '', asked: -1 }, loading)
}

/** Asks after a job that an earlier call has left in the warehouse. */
async function goOn(turn: Turn, wanted: readonly WantedTable[]): Promise<Waiting | undefined> {
  const { job } = turn.progress
  const table = wanted.find(each => each.table.name === job?.plan.table)
  if (job === undefined || table === undefined) return undefined
  return alone(turn, table.table.name, async () => {
    const { warehouse } = turn.ports
    const loading = await warehouse.ask(jobOf(table, job.plan, job.name), job.statement)
    if (loading.state === 'loading' && turn.progress.attempt + 1 >= MAX_ATTEMPTS)
      await warehouse.stop(loading.statement)
    return settleJob(turn, job, loading)
  })
}

async function settleJob(
  turn: Turn,
  job: NonNullable<LoadProgress['job']>,
  loading: Loading,
): Promise<Waiting | undefined> {
  if (loading.state === 'failed') return startAgain(turn, job.plan.table, loading.failure)
  if (loading.state === 'loading')
    return { job: { ...job, statement: loading.statement, asked: job.asked + 1 } }
  const { plan } = job
  turn.loaded[plan.table] = (turn.loaded[plan.table] ?? 0) + Math.max(1, plan.items.length)
  for (const path of plan.done) await turn.ports.lake.remove(path)
  await turn.ports.lake.remove(LOADS)
  return undefined
}

/** Tables of what is declared no more: those of events stay, as what they hold is nowhere else in SQL. */
async function retireOthers(
  turn: Turn,
  wanted: readonly WantedTable[],
  marks: ReadonlyMap<string, TableMark>,
): Promise<void> {
  const known = new Set(wanted.flatMap(({ table: { name } }) => [name, asideName(name)]))
  for (const { relation, identity } of marks.values())
    if (!known.has(relation) && identity !== '')
      await alone(turn, relation, () => turn.ports.warehouse.retire(relation, isOfEvents(identity)))
}

/** What was lost in a conflict or with a connection is started again, a few times. */
function startAgain(turn: Turn, table: string, failure: TributaryError): Waiting {
  const failures = (turn.failures[table] ?? 0) + 1
  if (!failure.retryable || failures >= MAX_STARTS) throw failure
  turn.failures[table] = failures
  return {}
}

function wait(turn: Turn, { job }: Waiting): LoadWarehouseResult {
  const { attempt, name } = turn.progress
  if (attempt + 1 >= MAX_ATTEMPTS) {
    turn.behind['*'] = `the warehouse has not loaded all within ${MAX_ATTEMPTS} looks`
    return end(turn)
  }
  const { behind, failures } = turn
  const progress = { attempt: attempt + 1, name, behind, failures, ...(job !== undefined && { job }) }
  const seconds = Math.min(LONGEST_PAUSE, 2 ** Math.min(job?.asked ?? 0, 10))
  return { state: 'wait', reason: '', seconds, progress, report: reportOf(turn) }
}

function end(turn: Turn): LoadWarehouseResult {
  const { behind, progress, ports } = turn
  ports.onLoaded?.(behind)
  const reason = Object.entries(behind).map(([table, why]) => `${table}: ${why}`)
  const state = reason.length === 0 ? 'loaded' : 'behind'
  const text = reason.join('; ').slice(0, LONGEST_REASON)
  return { state, reason: text, seconds: 0, progress, report: reportOf(turn) }
}

/** An execution's cause ends at 32 KiB. */
const LONGEST_REASON = 4000

function reportOf({ loaded, behind }: Turn): TaskResult<object>['report'] {
  return { warehouse: { loaded: { ...loaded }, behind: { ...behind } } }
}
