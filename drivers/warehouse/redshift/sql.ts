import { isTextual } from '../../../core/lake/csv.ts'
import type { Column } from '../../../core/lake/warehouse-table.ts'
import type { CsvTexts, LoadJob, WarehouseLoad } from '../../../core/ports/warehouse.ts'
import { packed } from './batch.ts'
import { describeTable, LOCK_TABLE, literal, quoted } from './ddl.ts'
import { qualified, type SchemaOwner, writeMark } from './marks.ts'

/** Where files are for Redshift, and with what role it reads them. */
export type CopySource = {
  /** The S3 URI of an object of the lake. */
  uri(path: string): string
  /** ARN of a role that may read it, attached to the namespace. */
  readonly role: string
}

/**
 * COPY loads an empty text field as '' or, with EMPTYASNULL, as NULL, and says nothing of quotes; a field
 * `\N` is NULL; a NUL ends the record. So texts come marked, and no text of the file is any of these.
 */
export const REDSHIFT_TEXTS: CsvTexts = 'marked'

/** A load that takes longer is given up, and with it its lock. */
const LOAD_TIMEOUT_MS = 3_600_000

/**
 * One transaction that does the loads: staging tables are filled, what they replace is deleted, their rows
 * are inserted. Redshift does not enforce keys: that a row is there once comes from deleting first. Loads
 * come one after the other by a lock, taken before the transaction has its snapshot. A job without loads says
 * anew of its table what it is.
 */
export function loadStatements(
  owner: SchemaOwner,
  { loads, table, mark }: Pick<LoadJob, 'loads' | 'table' | 'mark'>,
  source: CopySource,
): readonly string[] {
  const head = [
    // Instants without an offset are UTC.
    "SET timezone TO 'UTC'",
    `SET statement_timeout TO ${LOAD_TIMEOUT_MS}`,
    `LOCK ${qualified(owner, LOCK_TABLE)}`,
  ]
  const rows = loads.flatMap((load, i) => tableLoad(owner, load, `tributary-staging-${i}`, source))
  const said = loads.length === 0 && table !== undefined ? describeTable(owner, table) : []
  return packed(head, [...rows, ...said, ...(mark === undefined ? [] : writeMark(owner, mark))])
}

function tableLoad(owner: SchemaOwner, load: WarehouseLoad, staging: string, source: CopySource): string[] {
  const [table, stage] = [qualified(owner, load.table.name), quoted(staging)]
  const { columns } = load.table
  const names = columns.map(column => quoted(column.name)).join(', ')
  const values = columns.map(column => unmarked(column, quoted(column.name))).join(', ')
  return [
    `CREATE TEMP TABLE ${stage} (LIKE ${table})`,
    copy(`${stage} (${names})`, load.csv, source),
    `DELETE FROM ${table} ${replaced(table, load, stage)}`,
    ...(load.replaces.kind === 'gone'
      ? []
      : [`INSERT INTO ${table} (${names}) SELECT ${values} FROM ${stage}`]),
  ]
}

/**
 * Errors end it (MAXERROR is 0), and a text that is too long is one. Compression is chosen by the table, not
 * by each load.
 */
function copy(target: string, csv: string, { uri, role }: CopySource): string {
  return (
    `COPY ${target} FROM ${literal(uri(csv))} IAM_ROLE ${literal(role)}` +
    " FORMAT AS CSV EMPTYASNULL TIMEFORMAT 'auto' COMPUPDATE OFF STATUPDATE OFF"
  )
}

function replaced(name: string, { table, replaces }: WarehouseLoad, stage: string): string {
  if (replaces.kind === 'epoch') return `WHERE "epoch" = ${literal(instant(replaces.epoch))}::TIMESTAMPTZ`
  const equal = table.key.map(key => {
    const column = table.columns.find(each => each.name === key)!
    return `${name}.${quoted(key)} = ${unmarked(column, `${stage}.${quoted(key)}`)}`
  })
  return `USING ${stage} WHERE ${equal.join(' AND ')}`
}

/** What follows the mark; of NULL, NULL. */
function unmarked(column: Column, value: string): string {
  return isTextual(column) ? `SUBSTRING(${value}, 2)` : value
}

/** Query: rows of a table of events in each of some epochs (ms). */
export function countOfEpochs(owner: SchemaOwner, relation: string, epochs: readonly number[]): string {
  const counts = epochs.map(
    epoch =>
      `SELECT ${literal(String(epoch))}::VARCHAR AS of_epoch, count(*)::VARCHAR AS n FROM ${qualified(owner, relation)} WHERE "epoch" = ${literal(instant(epoch))}::TIMESTAMPTZ`,
  )
  return counts.join(' UNION ALL ')
}

function instant(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '+00')
}
