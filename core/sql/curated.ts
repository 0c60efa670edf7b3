import { CELLS } from '../cells/table.ts'
import type { Field } from '../data/fields.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { Contract } from '../declare/pipeline.ts'
import { textColumn } from './values.ts'

/**
 * Columns of curated data beside those of the contract's table: `event_hash` finds duplicates,
 * `event_partition` rebuilds real-time views, and helpers of single fields keep what a typed column loses.
 */
export const EVENT_HASH = 'event_hash'
export const EVENT_PARTITION = 'event_partition'

/** Column of queries that keep lanes apart. */
export const LANE_COLUMN = 'lane'

/** The lane that an event was read by: partition p belongs to lane p mod `lanes`. */
export function laneSql(lanes: number): string {
  return `(${EVENT_PARTITION} % ${lanes})`
}

/** Tells a missing value from null. */
export function presenceColumn(field: Field): string {
  return `${field.column}__present`
}

/** Which helpers the metrics of a contract need. */
export type Helpers = { readonly presence: readonly Field[]; readonly texts: readonly Field[] }

/** The helper columns that metrics read. */
export function helpersOf(metrics: readonly Metric[]): Helpers {
  return {
    presence: unique(metrics.flatMap(presenceFields)),
    texts: unique(metrics.flatMap(textFields)),
  }
}

/** Fields that a metric reads. */
export function fieldsRead({ by, filter, cells }: Metric): readonly Field[] {
  const ofCells = cells.flatMap(({ field }) => (field === undefined ? [] : [field]))
  return unique([...by, ...filter.map(({ field }) => field), ...ofCells])
}

/** Curated columns that a metric reads. Curated data without one of them has to be refined again. */
export function columnsOf(metric: Metric): readonly string[] {
  const { presence, texts } = helpersOf([metric])
  return [
    ...new Set([
      ...fieldsRead(metric).map(field => field.column),
      ...presence.map(presenceColumn),
      ...texts.map(textColumn),
    ]),
  ]
}

/** Every column that refining writes for a contract, helpers included. */
export function curatedColumns(contract: Contract, { presence, texts }: Helpers): readonly string[] {
  return [
    ...contract.fields.map(field => field.column),
    ...presence.map(presenceColumn),
    ...texts.map(textColumn),
  ]
}

function presenceFields({ by, filter }: Metric): readonly Field[] {
  const asksForNull = filter.filter(
    ({ condition }) => condition.eq === null || condition.in?.includes(null) === true,
  )
  return [...by, ...asksForNull.map(({ field }) => field)].filter(field => field.nullable && field.optional)
}

function textFields({ by, cells }: Metric): readonly Field[] {
  const read = cells.flatMap(({ kind, field }) =>
    CELLS[kind].sql.readsText && field !== undefined ? [field] : [],
  )
  return [...by, ...read].filter(field => field.kind === 'instant')
}

function unique(fields: readonly Field[]): readonly Field[] {
  return [...new Map(fields.map(field => [field.name, field])).values()]
}
