import { TributaryError } from '../../../core/errors.ts'
import { identityFound } from '../../../core/lake/table-identity.ts'
import {
  type Loading,
  type LoadJob,
  type TableMark,
  tablesOf,
  type Warehouse,
} from '../../../core/ports/warehouse.ts'
import { type ExistingColumns, existingColumns, missingDdl } from './ddl.ts'
import {
  isDescribedByUs,
  makeMarks,
  notOurs,
  requireOwn,
  type SchemaOwner,
  selectColumns,
  selectMarks,
  writeMark,
} from './marks.ts'
import { replaceTable, retireTable } from './replace-table.ts'
import { type CopySource, countOfEpochs, loadStatements, REDSHIFT_TEXTS } from './sql.ts'
import { cancel, outcomeOf, type RedshiftWorkgroup, rowsOf, startBatch } from './statements.ts'
import { runWhole } from './whole.ts'

export type RedshiftSettings = RedshiftWorkgroup &
  CopySource &
  SchemaOwner & {
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
  let made: Promise<unknown> | undefined
  const make = () => {
    made ??= runWhole(settings, 'make marks', makeMarks(settings)).catch(error => {
      made = undefined
      throw error
    })
    return made
  }
  const marks = async () => {
    await make()
    return readMarks(settings)
  }
  return {
    texts: REDSHIFT_TEXTS,
    marks,
    load: job => start(settings, job, 'columns', catalogue(settings, job), 0),
    async switchTo(aside, relation) {
      const mark = (await marks()).find(each => each.relation === aside)
      if (mark !== undefined) await replaceTable(settings, settings, mark, relation)
    },
    retire: (relation, isToStay) => retireTable(settings, settings, relation, isToStay),
    ask(job, statement) {
      const [phase, id, step] = statement.split(' ') as [Phase, string, string]
      return look(settings, job, phase, id, Number(step))
    },
    async countRows(relation, epochs) {
      if (epochs.length === 0) return new Map()
      const id = await runWhole(settings, 'count rows', [countOfEpochs(settings, relation, epochs)])
      const counts = (await rowsOf(settings, id)).map(([epoch, n]) => [Number(epoch), Number(n)] as const)
      return new Map(counts)
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
  if (phase === 'tables') return start(settings, job, 'columns', catalogue(settings, job), step + 1)
  const existing = await columnsOf(settings, id)
  const taken = await takenName(settings, job, existing, id)
  if (taken !== undefined) return { state: 'failed', failure: notOurs(settings, taken) }
  const missing = missingDdl(settings, tablesOf(job), existing)
  if (missing.length > 0 && step >= MOST_STEPS) return { state: 'failed', failure: notShown(missing) }
  if (missing.length > 0) return start(settings, job, 'tables', missing, step + 1)
  return start(settings, job, 'rows', loadStatements(settings, job, settings), step + 1)
}

/** What exists, and what of it is ours: catalogue and tables cannot be asked in one statement. */
const catalogue = (settings: RedshiftSettings, job: LoadJob) => [
  existingColumns(settings, tablesOf(job)),
  selectMarks(settings),
]

/** The name of a table of the job that something without our mark has. */
async function takenName(
  settings: RedshiftSettings,
  job: LoadJob,
  existing: ExistingColumns,
  id: string,
): Promise<string | undefined> {
  const ours = new Set((await rowsOf(settings, id, 2)).map(([relation]) => relation))
  return tablesOf(job).find(({ name }) => existing.has(name) && !ours.has(name))?.name
}

/** Marks of tables that are there; the schema is taken for the platform where nobody has it yet. */
async function readMarks(settings: RedshiftSettings): Promise<readonly TableMark[]> {
  const id = await runWhole(settings, 'read marks', [selectMarks(settings), selectColumns(settings)])
  const [rows, columns] = [await rowsOf(settings, id), await rowsOf(settings, id, 2)]
  requireOwn(settings, rows)
  if (rows.length === 0) return takeSchema(settings, columns)
  const there = Map.groupBy(columns, ([table]) => table!)
  return rows.flatMap(([relation = '', , identity = '', through]) => {
    const names = there.get(relation)?.map(([, column]) => column!)
    if (names === undefined) return []
    return [{ relation, identity: identityFound(identity, new Set(names)), through: Number(through) }]
  })
}

/** Tables of a version that had no marks are known by how it described them; they are filled anew. */
async function takeSchema(
  settings: RedshiftSettings,
  columns: readonly (readonly string[])[],
): Promise<readonly TableMark[]> {
  const known = columns.flatMap(([relation = '', column = '', remarks = '']) =>
    isDescribedByUs(column, remarks) ? [{ relation, identity: '', through: -1 }] : [],
  )
  const marks = [{ relation: '', identity: '', through: -1 }, ...known]
  for (let at = 0; at < marks.length; at += 15)
    await runWhole(
      settings,
      'take the schema',
      marks.slice(at, at + 15).flatMap(mark => writeMark(settings, mark)),
    )
  return known
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
