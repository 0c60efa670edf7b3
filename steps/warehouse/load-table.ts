import { pathInstant } from '../../core/data/time.ts'
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
/** Epochs of which one call of the step says what the tables have. */
const MOST_COUNTED = 200

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
  const written = await writeFiles(ports, ports.warehouse.texts, wanted, plan, name)
  const loading = await ports.warehouse.load(jobOf(wanted, plan, name))
  return settleJob(turn, wanted, { plan, name, statement: '', asked: -1, written }, loading)
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
    return settleJob(turn, table, job, loading)
  })
}

async function settleJob(
  turn: Turn,
  wanted: WantedTable,
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
  if (wanted.source.kind === 'type') await countLoaded(turn, wanted.source.type, job)
  return undefined
}

/** Asks the table what it has of the epochs, which no statement of a load says by itself. */
async function countLoaded(
  { ports, counted }: Turn,
  type: string,
  { plan, written = {} }: NonNullable<LoadProgress['job']>,
): Promise<void> {
  // A table that is filled anew has all there ever were: of those the report names some.
  const room = Math.max(0, MOST_COUNTED - Object.keys(counted).length)
  const epochs = plan.through < 0 ? [] : plan.items.slice(0, room)
  if (epochs.length === 0) return
  for (const [epoch, rows] of await ports.warehouse.countRows(plan.relation, epochs)) {
    const curated = written[epoch]
    const problems =
      curated === undefined || curated === rows ? [] : [`warehouse ${rows} ≠ curated ${curated}`]
    const { warehouse = {} } = counted[pathInstant(epoch)] ?? {}
    warehouse[type] = { rows, ...(curated !== undefined && { curated }), problems }
    counted[pathInstant(epoch)] = { warehouse }
  }
}

/** What was lost in a conflict or with a connection is started again, a few times. */
function startAgain(turn: Turn, table: string, failure: TributaryError): Waiting {
  const failures = (turn.failures[table] ?? 0) + 1
  if (!failure.retryable || failures >= MAX_STARTS) throw failure
  turn.failures[table] = failures
  return {}
}
