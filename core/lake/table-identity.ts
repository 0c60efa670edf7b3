import { hash } from 'node:crypto'
import type { Metric } from '../declare/metric-plan.ts'
import type { Column, WarehouseTable } from './warehouse-table.ts'

/**
 * What a table of the warehouse means: what its rows are, and the types of its columns; and a digest of what
 * the warehouse is told of it beside that.
 */
type Identity = {
  readonly rows: string
  readonly columns: Readonly<Record<string, string>>
  readonly told: string
}

/** Identity of the table of an event type, as text. Its rows are events, whatever the contract's version. */
export function contractIdentity(type: string, table: WarehouseTable): string {
  return identity(`type ${type}`, table)
}

/**
 * Identity of the table of a metric, as text: what decides its cells, and the measures shown of them. Rows of
 * two identities are never in one table.
 */
export function metricIdentity(metric: Metric, table: WarehouseTable): string {
  const measures = JSON.stringify(metric.measures.map(({ name, measure }) => [name, measure]))
  const rows = `metric ${metric.id} ${hash('sha256', measures, 'hex').slice(0, 16)}`
  return identity(rows, table)
}

/** Identity of the table of a model, as text. */
export function modelIdentity({ id }: { readonly id: string }, table: WarehouseTable): string {
  return identity(`model ${id}`, table)
}

/** Whether an identity, as text, is that of events. */
export function isOfEvents(text: string): boolean {
  return parsed(text)?.rows.startsWith('type ') ?? false
}

/**
 * Whether a table goes on with rows of another identity: they mean the same, and no column has changed its
 * type. A column that only one of them has is added, or stays and is NULL.
 */
export function goesOn(held: string, wanted: string): boolean {
  const [before, after] = [parsed(held), parsed(wanted)]
  if (before === undefined || after === undefined || before.rows !== after.rows) return false
  return Object.entries(after.columns).every(
    ([name, type]) => !Object.hasOwn(before.columns, name) || before.columns[name] === type,
  )
}

/**
 * The identity of a table as it is found, by the columns that are there. One that lacks a column which its
 * rows were loaded into, since somebody has dropped or renamed it, goes on as no table: added again, the
 * column would be NULL in them for ever.
 */
export function identityFound(text: string, columns: ReadonlySet<string>): string {
  const known = parsed(text)
  if (known === undefined || Object.keys(known.columns ?? {}).every(name => columns.has(name))) return text
  return JSON.stringify({ ...known, rows: `${known.rows}, without a column` } satisfies Identity)
}

/** A table that nobody has an identity of, as one of an earlier version, goes on as nothing. */
function parsed(text: string): Identity | undefined {
  return text === '' ? undefined : (JSON.parse(text) as Identity)
}

function identity(rows: string, table: WarehouseTable): string {
  return JSON.stringify({ rows, columns: columnsOf(table), told: toldOf(table) } satisfies Identity)
}

/** Descriptions, keys and what may be NULL: they change nothing of what the rows mean. */
function toldOf({ description, key, columns }: WarehouseTable): string {
  const told = columns.map(column => [column.name, column.description, column.isRequired === true])
  return hash('sha256', JSON.stringify([description, key, told]), 'hex').slice(0, 16)
}

/** Not by assignment, to which a column "__proto__" would be a setter. */
function columnsOf({ columns }: WarehouseTable): Identity['columns'] {
  return Object.fromEntries(columns.map(column => [column.name, typeOf(column)]))
}

const typeOf = ({ type, scale }: Column) => (scale === undefined ? type : `${type} ${scale}`)
