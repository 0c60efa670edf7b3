import type { Pipeline } from '../declare/pipeline.ts'
import { modelTable } from '../models/model-table.ts'
import { maskedColumns } from './masked-columns.ts'
import { contractTable, metricTable } from './warehouse-table.ts'

/** Columns of each declared table that BI may see; undefined: all of them, also those that come later. */
export type ReadableColumns = ReadonlyMap<string, readonly string[] | undefined>

/** What a role for BI may select, where the warehouse grants columns: everything but sensitive values. */
export function readableColumns(pipeline: Pick<Pipeline, 'latest' | 'metrics' | 'models'>): ReadableColumns {
  const masked = maskedColumns(pipeline)
  const types = [...pipeline.latest.keys()]
  const tables = [
    ...[...pipeline.latest.values()].map(contract => contractTable(contract, types)),
    ...pipeline.metrics.map(metric => metricTable(metric)),
    ...pipeline.models.map(modelTable),
  ]
  return new Map(
    tables.map(({ name, columns }) => {
      const hidden = masked.get(name) ?? new Set()
      if (hidden.size === 0) return [name, undefined]
      return [name, columns.map(column => column.name).filter(column => !hidden.has(column))]
    }),
  )
}
