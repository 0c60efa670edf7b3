import type { Metric } from '../declare/metric-plan.ts'
import type { Contract, Pipeline } from '../declare/pipeline.ts'
import { contractTableName } from './warehouse-table.ts'

/** The columns of each declared table that show a masked field's value; an empty set where none does. */
export type MaskedColumns = ReadonlyMap<string, ReadonlySet<string>>

/** Measures that show the value of an event, or nearly: the others say something of many. */
const SHOWING = new Set(['first', 'last', 'min', 'max', 'quantile'])

/**
 * What is not shown to those who read the warehouse's tables for reports: fields that the newest contract of
 * a type masks, and of its metrics the groups and values that are such a field's.
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

/** Fields whose values are not for reports: sensitive ones, and the one that says whom an event is about. */
export function maskedFields({
  sensitive,
  subject,
}: Pick<Contract, 'sensitive' | 'subject'>): ReadonlySet<string> {
  return new Set([...sensitive, ...(subject === undefined ? [] : [subject.name])])
}

function ofType(contract: Contract): ReadonlySet<string> {
  const masked = maskedFields(contract)
  return new Set(contract.fields.filter(({ name }) => masked.has(name)).map(({ column }) => column))
}

function ofMetric({ by, measures }: Metric, contract: Contract | undefined): ReadonlySet<string> {
  const masked: ReadonlySet<string> = contract === undefined ? new Set() : maskedFields(contract)
  const isMasked = (field: { readonly name: string } | undefined) =>
    field !== undefined && masked.has(field.name)
  const groups = by.filter(isMasked).map(({ column }) => column)
  const values = measures.filter(({ field, measure }) => SHOWING.has(measure.kind) && isMasked(field))
  const key = groups.length === 0 ? [] : ['group_key']
  return new Set([...groups, ...key, ...values.map(({ name }) => name)])
}
