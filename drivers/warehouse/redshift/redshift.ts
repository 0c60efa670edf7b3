import { TributaryError } from '../../../core/errors.ts'
import type { Loading, LoadJob, Warehouse } from '../../../core/ports/warehouse.ts'
import { type ExistingColumns, existingColumns, missingDdl } from './ddl.ts'
import { type CopySource, loadStatements, REDSHIFT_TEXTS } from './sql.ts'
import { cancel, outcomeOf, type RedshiftWorkgroup, rowsOf, startBatch } from './statements.ts'

export type RedshiftSettings = RedshiftWorkgroup &
  CopySource & {
    /** How long a call may wait for a short statement (catalogue, tables), s (5; the API takes up to 30). */
    readonly patienceSeconds?: number
  }

/** What a statement is for: to read the catalogue, to make tables, to load rows. */
type Phase = 'columns' | 'tables' | 'rows'

/**
 * Tables are made in as many batches as they need; more than this, and the catalogue does not show what was
 * made.
 */
const MOST_STEPS = 200

/**
 * The warehouse on Redshift Serverless, through the Data API: no connection, no network to be in, no waiting.
 *
 * A job reads the catalogue, makes what is missing (each change of tables a short transaction of its own, as
 * it keeps readers out), and then loads all rows in one transaction. The statement that `ask` is given names
 * the phase and the batch.
 *
 * Errors: `overloaded`, `unavailable`, `timeout` of the API; failures of statements come as `failed`: see
 * `statementError`.
 *
 * @example
 * const warehouse = createRedshiftWarehouse({ client, workgroup: 'tributary-dev', database: 'tributary', secret, role, uri })
 */
export function createRedshiftWarehouse(settings: RedshiftSettings): Warehouse {
  return {
    texts: REDSHIFT_TEXTS,
    load: job => start(settings, job, 'columns', [existingColumns(tablesOf(job))], 0),
    ask(job, statement) {
      const [phase, id, step] = statement.split(' ') as [Phase, string, string]
      return look(settings, job, phase, id, Number(step))
    },
    stop: statement => cancel(settings, statement.split(' ')[1]!),
  }
}

async function start(
  settings: RedshiftSettings,
  job: LoadJob,
  phase: Phase,
  sqls: readonly string[],
  step: number,
): Promise<Loading> {
  // The catalogue is read again after a change: that is another statement, though its text is the same.
  const id = await startBatch(settings, `${job.name} ${step}`, sqls)
  if (phase === 'rows') return { state: 'loading', statement: `${phase} ${id} ${step}` }
  return look(settings, job, phase, id, step)
}

async function look(
  settings: RedshiftSettings,
  job: LoadJob,
  phase: Phase,
  id: string,
  step: number,
): Promise<Loading> {
  const patience = phase === 'rows' ? 0 : (settings.patienceSeconds ?? 5)
  const outcome = await outcomeOf(settings, id, patience)
  if (outcome.state === 'failed') return outcome
  if (outcome.state === 'running') return { state: 'loading', statement: `${phase} ${id} ${step}` }
  if (phase === 'rows') return { state: 'loaded' }
  if (phase === 'tables') return start(settings, job, 'columns', [existingColumns(tablesOf(job))], step + 1)
  const missing = missingDdl(tablesOf(job), await columnsOf(settings, id))
  if (missing.length > 0 && step >= MOST_STEPS) return { state: 'failed', failure: notShown(missing) }
  if (missing.length > 0) return start(settings, job, 'tables', missing, step + 1)
  return start(settings, job, 'rows', loadStatements(job.loads, settings), step + 1)
}

async function columnsOf(settings: RedshiftSettings, id: string): Promise<ExistingColumns> {
  const columns = new Map<string, Set<string>>()
  for (const [table, column] of await rowsOf(settings, id)) {
    const known = columns.get(table!) ?? new Set()
    columns.set(table!, known.add(column!))
  }
  return columns
}

function notShown(missing: readonly string[]): TributaryError {
  const detail = `warehouse: the catalogue does not show what was made: ${missing.at(-1)!.slice(0, 200)}`
  return new TributaryError('internal', detail)
}

const tablesOf = ({ loads }: LoadJob) => loads.map(load => load.table)
