import { pathInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import type { Loading, Warehouse } from '../../core/ports/warehouse.ts'
import { EVENTS_OF_WAIT } from './limits.ts'
import type { EpochWork, TaskResult } from './task.ts'
import { exportContracts, filesOf, loadsOf, type WarehouseFilePorts } from './warehouse-files.ts'

export type LoadWarehousePorts = WarehouseFilePorts & {
  /** Undefined where the platform runs without one. */
  readonly warehouse: Warehouse | undefined
}

/** Where a load stands between two calls of the step. */
export type LoadProgress = {
  /** How often the run has asked before. */
  readonly attempt: number
  /** How often the load was started again. */
  readonly starts: number
  /** The job's name at its first start. */
  readonly name: string
  /** What to ask the warehouse after; empty: the load is to be started. */
  readonly statement: string
  /** The run's share of an execution's history so far. */
  readonly spent: number
}

export type LoadWarehouseResult = TaskResult<
  LoadProgress & {
    /**
     * `late`: the warehouse has not loaded the epoch within an hour; the run ends, and the next one starts
     * again.
     */
    readonly state: 'loaded' | 'wait' | 'late'
    /** How long to wait before the next call. */
    readonly seconds: number
  }
>

export type LoadWarehouse = (work: EpochWork, progress?: LoadProgress) => Promise<LoadWarehouseResult>

/** With the growing pauses, an hour. */
const MAX_ATTEMPTS = 66
const LONGEST_PAUSE = 60
/** A load that fails for a passing reason is started this often at most. */
const MAX_STARTS = 5

/**
 * Builds the load step: the curated rows of an epoch replace that epoch in their tables, changed keys replace
 * theirs in the metrics' tables, all in one transaction. It does not wait for a warehouse that takes its
 * time: it is called again, with its answer.
 */
export function createLoadWarehouse(ports: LoadWarehousePorts): LoadWarehouse {
  const { warehouse } = ports
  return async (work, progress = firstProgress(work)) => {
    if (warehouse === undefined) return { ...progress, state: 'loaded', seconds: 0, report: {} }
    const files = filesOf(work, progress.name)
    const loads = loadsOf(ports, work, files)
    const job = { name: `${progress.name} ${progress.starts}`, loads }
    if (progress.statement === '') await exportContracts(ports, warehouse.texts, work, files)
    const loading = await (progress.statement === ''
      ? warehouse.load(job)
      : warehouse.ask(job, progress.statement))
    if (loading.state === 'failed') return startAgain(work, progress, loading)
    if (loading.state === 'loading') return goOn(warehouse, work, progress, loading.statement)
    await ports.lake.remove(files)
    const report = reportOf(work, { tablesLoaded: loads.length })
    return { ...progress, statement: '', state: 'loaded', seconds: 0, report }
  }
}

function firstProgress({ epoch, mode }: EpochWork): LoadProgress {
  return { attempt: 0, starts: 0, name: `${pathInstant(epoch)} ${mode}`, statement: '', spent: 0 }
}

/** What was lost in a conflict or with a connection is started again, a few times. */
function startAgain(
  work: EpochWork,
  { attempt, starts, name, spent }: LoadProgress,
  { failure }: Extract<Loading, { state: 'failed' }>,
): LoadWarehouseResult {
  if (!failure.retryable || starts + 1 >= MAX_STARTS) throw givenUp(failure)
  return waiting(work, { attempt: attempt + 1, starts: starts + 1, name, statement: '', spent })
}

/** No code that a state machine would retry: it would only ask after the same failure again. */
function givenUp(failure: TributaryError): TributaryError {
  if (!failure.retryable) return failure
  return new TributaryError('internal', `${failure.message} (after ${MAX_STARTS} starts)`, { cause: failure })
}

async function goOn(
  warehouse: Warehouse,
  work: EpochWork,
  progress: LoadProgress,
  statement: string,
): Promise<LoadWarehouseResult> {
  const next = { ...progress, statement, attempt: progress.attempt + 1 }
  if (next.attempt < MAX_ATTEMPTS) return waiting(work, next)
  await warehouse.stop(statement)
  return { ...next, state: 'late', seconds: 0, report: reportOf(work, { loadAttempts: next.attempt }) }
}

function waiting(work: EpochWork, next: LoadProgress): LoadWarehouseResult {
  return {
    ...next,
    state: 'wait',
    spent: next.spent + EVENTS_OF_WAIT,
    seconds: Math.min(LONGEST_PAUSE, 2 ** Math.min(next.attempt - 1, 10)),
    report: reportOf(work, { loadAttempts: next.attempt }),
  }
}

function reportOf(
  { epoch }: EpochWork,
  fields: Readonly<Record<string, unknown>>,
): TaskResult<object>['report'] {
  return { epochs: { [pathInstant(epoch)]: fields } }
}
