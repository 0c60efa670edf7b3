import type { Metric } from '../declare/metric-plan.ts'
import type { Contract, Pipeline } from '../declare/pipeline.ts'
import { contractTableName } from './warehouse-table.ts'

/** The columns of each declared table that show a sensitive value; an empty set where none does. */
export type MaskedColumns = ReadonlyMap<string, ReadonlySet<string>>

/** Measures that show the value of an event, or nearly: the others say something of many. */
const SHOWING = new Set(['first', 'last', 'min', 'max', 'quantile'])

/**
 * What is not shown to those who read the warehouse's tables for reports: fields that the newest contract of
 * a type calls sensitive, and of its metrics the groups and values that are such a field's.
 */
export function maskedColumns({ latest, metrics }: Pick<Pipeline, 'latest' | 'metrics'>): MaskedColumns {
  const types = [...latest.keys()]
  return new Map([
    ...[...latest.values()].map(
      contract => [contractTableName(contract.type, types), ofType(contract)] as const,
    ),
    ...metrics.map(metric => [metric.name, ofMetric(metric, latest.get(metric.type))] as const),
  ])
}

function ofType({ sensitive, fields }: Contract): ReadonlySet<string> {
  return new Set(fields.filter(({ name }) => sensitive.includes(name)).map(({ column }) => column))
}

function ofMetric({ by, measures }: Metric, contract: Contract | undefined): ReadonlySet<string> {
  const isSensitive = (field: { readonly name: string } | undefined) =>
    field !== undefined && contract?.sensitive.includes(field.name) === true
  const groups = by.filter(isSensitive).map(({ column }) => column)
  const values = measures.filter(({ field, measure }) => SHOWING.has(measure.kind) && isSensitive(field))
  const key = groups.length === 0 ? [] : ['group_key']
  return new Set([...groups, ...key, ...values.map(({ name }) => name)])
}
