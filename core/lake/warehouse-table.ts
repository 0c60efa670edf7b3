import { scaledText, toScaled } from '../data/decimal.ts'
import type { Field } from '../data/fields.ts'
import { parseGroup } from '../data/group.ts'
import { utcText, WINDOWS } from '../data/time.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { Contract } from '../declare/pipeline.ts'
import { present } from '../fold/present.ts'
import { numberText } from '../json/json.ts'
import { type Column, columnTypeOf } from './column.ts'
import type { CsvValue } from './csv.ts'
import { groupKey } from './group-key.ts'

export type { Column, ColumnType } from './column.ts'

/** A table of the warehouse, for any engine. */
export type WarehouseTable = {
  readonly name: string
  readonly description: string
  readonly columns: readonly Column[]
  /** Columns that identify a row. */
  readonly key: readonly string[]
}

/**
 * Table name of an event type: the last part of `com.tributary.trip`, with the rest where that is needed to
 * be unique.
 */
export function contractTableName(type: string, allTypes: readonly string[]): string {
  const short = type.split('.').at(-1)!
  const twins = allTypes.filter(t => t !== type && t.split('.').at(-1) === short)
  return identifier(twins.length === 0 ? short : type)
}

/** Columns of fields that no stored event of the type lacks. */
type Required = ReadonlySet<string>

/** Nothing is known of stored events. */
const UNKNOWN: Required = new Set()

/** One row an event, one column a field, and lineage. */
export function contractTable(
  contract: Contract,
  allTypes: readonly string[],
  required = UNKNOWN,
): WarehouseTable {
  return {
    name: contractTableName(contract.type, allTypes),
    description: described(contract, contract.type),
    columns: [
      ...LINEAGE.map(column => ({ ...column, isRequired: true })),
      ...contract.fields.map(field => fieldColumn(field, required)),
    ],
    // A receipt is of one epoch: what an epoch's rows are found by is in the key, and needs no other index.
    key: ['epoch', 'receipt'],
  }
}

const LINEAGE: readonly Column[] = [
  { name: 'event_id', type: 'text', description: 'CloudEvents id' },
  { name: 'event_source', type: 'text', description: 'CloudEvents source' },
  { name: 'event_time', type: 'timestamp', description: 'When it happened' },
  { name: 'received_at', type: 'timestamp', description: 'When ingest received it' },
  { name: 'receipt', type: 'text', description: 'Receipt id' },
  { name: 'epoch', type: 'timestamp', description: 'Epoch that received it' },
]

/** One row a group and window, one column a measure, values as the API presents them. */
export function metricTable(metric: Metric, required = UNKNOWN): WarehouseTable {
  const window = `Start of the ${metric.window} (UTC)`
  return {
    name: metric.name,
    description: described(metric, metric.name),
    columns: [
      { name: 'window_start', type: 'timestamp', description: window, isRequired: true },
      ...metric.by.map(field => groupColumn(field, required)),
      ...metric.measures.map(({ name, result, description }) => ({ name, ...result.column, description })),
      { name: 'group_key', type: 'text', description: GROUP_KEY, isRequired: true },
    ],
    key: ['window_start', 'group_key'],
  }
}

/** Title and description; a title that is only the name says nothing. */
function described(
  { title, description }: { readonly title: string; readonly description: string },
  name: string,
): string {
  const said = [title === name ? '' : title, description].filter(text => text !== '')
  return said.length === 0 ? name : said.join(': ')
}

/** Begins as the tables of every version do: they are known by it. */
const GROUP_KEY = 'Canonical group: tells a missing value from null; of a long one "sha256:" and its digest'

/**
 * A metric's row in column order of `metricTable`.
 *
 * @param length of its window, ms: the declared one, or that of a coarser one that cells were rolled up to
 */
export function metricRow(
  metric: Metric,
  partial: { window: number; group: string; cells: Parameters<typeof present>[1] },
  length: number = WINDOWS[metric.window],
): CsvValue[] {
  // By own keys alone: a field may be called like what every object has, such as "constructor".
  const group = new Map(Object.entries(parseGroup(partial.group)))
  const values = present(metric, partial.cells, length)
  return [
    new Date(partial.window).toISOString(),
    ...metric.by.map(field => loadable(group.get(field.name) ?? null, columnTypeOf(field))),
    ...metric.measures.map(({ name, result }) => loadable(values[name] ?? null, result.column)),
    groupKey(partial.group),
  ]
}

/**
 * Instants in UTC, as no engine reads every offset that RFC 3339 has; decimals without an exponent, which not
 * every reader of decimals knows.
 */
export function loadable(value: CsvValue, { type, scale = 0 }: Pick<Column, 'type' | 'scale'>): CsvValue {
  if (type === 'timestamp' && typeof value === 'string') return utcText(value)
  if (type !== 'decimal' || typeof value !== 'number') return value
  return numberText(scaledText(toScaled(value, scale), scale))
}

/** The columns that name a row, alone: of a file of rows that are gone. */
export function keysOfTable(table: WarehouseTable): WarehouseTable {
  return { ...table, columns: table.columns.filter(({ name }) => table.key.includes(name)) }
}

/** A row of `keysOfTable` of a metric's table. */
export function goneRow({ window, group }: { window: number; group: string }): CsvValue[] {
  return [new Date(window).toISOString(), groupKey(group)]
}

/** Described by its contract, and by its name where that is not the column's. */
function fieldColumn(field: Field, required: Required): Column {
  const { name, column, description } = field
  const said = name === column && description !== '' ? [description] : [name, description]
  return {
    ...{ name: column, ...columnTypeOf(field), description: said.filter(text => text !== '').join(': ') },
    ...(required.has(column) && { isRequired: true }),
  }
}

/**
 * Two instants of a metric's group that are one in the column may be two rows: their senders' texts differ.
 */
function groupColumn(field: Field, required: Required): Column {
  const column = fieldColumn(field, required)
  if (field.kind !== 'instant') return column
  return { ...column, description: `${column.description}; ${AS_SENT}` }
}

const AS_SENT = 'rows go by its text as it was sent (group_key), so one instant in two forms is two rows'

/** Lower-case identifier every engine takes without quotes. */
function identifier(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')
}
