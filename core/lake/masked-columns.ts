import type { Metric } from '../declare/metric-plan.ts'
import type { Contract, Pipeline } from '../declare/pipeline.ts'
import type { Model } from '../models/model.ts'
import { contractTableName } from './warehouse-table.ts'

/** The columns of each declared table that show a masked field's value; an empty set where none does. */
export type MaskedColumns = ReadonlyMap<string, ReadonlySet<string>>

/** Measures that show the value of an event, or nearly: the others say something of many. */
const SHOWING = new Set(['first', 'last', 'min', 'max', 'quantile'])

/**
 * What is not shown to those who read the warehouse's tables for reports: fields that the newest contract of
 * a type masks, of its metrics the groups and values that are such a field's, and of models the columns that
 * are made of any of these.
 */
export function maskedColumns({
  latest,
  metrics,
  models,
}: Pick<Pipeline, 'latest' | 'metrics' | 'models'>): MaskedColumns {
  const types = [...latest.keys()]
  const ofTypes = [...latest.values()].map(
    contract => [contractTableName(contract.type, types), ofType(contract)] as const,
  )
  const ofMetrics = metrics.map(metric => [metric.name, ofMetric(metric, latest.get(metric.type))] as const)
  const sources = new Set([...columnsOf('curated.', ofTypes), ...columnsOf('metric.', ofMetrics)])
  return new Map([...ofTypes, ...ofMetrics, ...ofModels(models, sources)])
}

type Tables = readonly (readonly [table: string, masked: ReadonlySet<string>])[]

/** Masked columns as the lineage of a model names them. */
const columnsOf = (space: string, tables: Tables) =>
  tables.flatMap(([table, masked]) => [...masked].map(column => `${space}${table}.${column}`))

/** Each model comes after those that it reads. */
function ofModels(models: readonly Model[], sources: ReadonlySet<string>): Tables {
  const known = new Set(sources)
  return models.map(({ name, lineage }) => {
    const shows = [...lineage].filter(([, from]) => from.some(column => known.has(column)))
    const masked = new Set(shows.map(([column]) => column))
    for (const column of masked) known.add(`${name}.${column}`)
    return [name, masked] as const
  })
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
