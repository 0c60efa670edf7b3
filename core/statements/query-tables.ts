import type { Metric } from '../declare/metric-plan.ts'
import type { Contract, Pipeline } from '../declare/pipeline.ts'
import type { Column } from '../lake/column.ts'
import { contractTable, contractTableName, metricTable } from '../lake/warehouse-table.ts'
import type { Model } from '../models/model.ts'
import { modelTable } from '../models/model-table.ts'
import { measuresInSql } from './lake-views.ts'

/** Schemas of the tables that somebody asks by SQL. */
export const QUERY_SCHEMAS = ['curated', 'metric', 'model', 'raw'] as const

/** A table that somebody asks by SQL, and what it is a table of. */
export type QueryTable = {
  readonly name: string
  readonly description: string
  readonly columns: readonly Column[]
} & (
  | { readonly schema: 'raw' | 'curated'; readonly contract: Contract }
  | { readonly schema: 'metric'; readonly metric: Metric }
  | { readonly schema: 'model'; readonly model: Model }
)

/** What tables are made of. */
export type Tabled = Pick<Pipeline, 'latest' | 'metrics' | 'models'>

/**
 * Every table of the lake: two of each event type, named as in the warehouse, and one of each metric and
 * model.
 */
export function queryTables(pipeline: Tabled): readonly QueryTable[] {
  const types = [...pipeline.latest.keys()]
  const contracts = [...pipeline.latest.values()]
  return [
    ...contracts.map((contract): QueryTable => {
      const { name, description, columns } = contractTable(contract, types)
      return { schema: 'curated', name, description, columns, contract }
    }),
    ...pipeline.metrics.map((metric): QueryTable => {
      const { name, description, columns } = metricTable(metric)
      const kept = new Set(measuresInSql(metric).map(plan => plan.name))
      const isShown = (column: Column) =>
        kept.has(column.name) || !metric.measures.some(plan => plan.name === column.name)
      return { schema: 'metric', name, description, columns: columns.filter(isShown), metric }
    }),
    ...pipeline.models.map((model): QueryTable => {
      const { name, description, columns } = modelTable(model)
      return { schema: 'model', name, description, columns, model }
    }),
    ...contracts.map(
      (contract): QueryTable => ({
        schema: 'raw',
        name: contractTableName(contract.type, types),
        description: `${contract.title}: lines as they were received, duplicates among them`,
        columns: RAW,
        contract,
      }),
    ),
  ]
}

const RAW: readonly Column[] = [
  { name: 'receipt', type: 'text', description: 'Receipt id' },
  { name: 'received_at', type: 'timestamp', description: 'When ingest received it' },
  { name: 'event_id', type: 'text', description: 'CloudEvents id' },
  { name: 'event_source', type: 'text', description: 'CloudEvents source' },
  { name: 'event_time', type: 'timestamp', description: 'When it happened' },
  { name: 'event_partition', type: 'bigint', description: 'Partition' },
  { name: 'data', type: 'json', description: 'The data of the event' },
]
