import type { TributaryError } from '../../core/errors.ts'
import { toTributaryError } from '../../core/errors.ts'
import { LOADS } from '../../core/lake/lake-paths.ts'
import type { Loading, TableMark } from '../../core/ports/warehouse.ts'
import { jobOf, writeFiles } from './job-files.ts'
import { isLast, type LoadProgress, type Turn, type Waiting } from './load-turn.ts'
import { type JobPlan, nextStep } from './next-job.ts'
import type { WantedTable } from './tables.ts'

/** A load that fails for a passing reason is started this often at most. */
const MAX_STARTS = 5
/** So often is looked again, each second, whether a batch that is at work on a metric is done with it. */
const PATIENCE = 5

/** What fails for one table is noted, and the next one comes. */
export async function alone<T>(turn: Turn, table: string, work: () => Promise<T>): Promise<T | undefined> {
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
export async function loadTable(
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
export async function goOn(turn: Turn, wanted: readonly WantedTable[]): Promise<Waiting | undefined> {
  const { job } = turn.progress
  const table = wanted.find(each => each.table.name === job?.plan.table)
  if (job === undefined || table === undefined) return undefined
  return alone(turn, table.table.name, async () => {
    const { warehouse } = turn.ports
    const loading = await warehouse.ask(jobOf(table, job.plan, job.name), job.statement)
    if (loading.state === 'loading' && isLast(turn.progress)) await warehouse.stop(loading.statement)
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

/** What was lost in a conflict or with a connection is started again, a few times. */
function startAgain(turn: Turn, table: string, failure: TributaryError): Waiting {
  const failures = (turn.failures[table] ?? 0) + 1
  if (!failure.retryable || failures >= MAX_STARTS) throw failure
  turn.failures[table] = failures
  return {}
}
