import type { Declared } from '../declare/declared.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { Contract } from '../declare/pipeline.ts'
import { TributaryError } from '../errors.ts'
import type { Column } from '../lake/column.ts'
import { contractTable, metricTable } from '../lake/warehouse-table.ts'
import { duckdbDialect } from '../sql/duckdb/duckdb.ts'
import { measuresInSql } from '../statements/lake-views.ts'
import type { Columns } from './compile-statement.ts'
import { type Model, type ModelDeclaration, type ParsedModel, parseModel, resolveModel } from './model.ts'
import { refuse } from './tokens.ts'
import type { ValueType } from './tree.ts'

/** What models may read. */
export type Sourced = { readonly latest: ReadonlyMap<string, Contract>; readonly metrics: readonly Metric[] }

/** Engines of other dialects say what is wrong when they compile; the checks are one engine's. */
const CHECKED_BY = duckdbDialect('')

/**
 * Checks models against each other and against what they read.
 *
 * @returns each after those that it reads
 * @throws TributaryError `invalid_declaration`: file, line, what does not fit, and the remedy
 */
export function compileModels(
  declared: readonly Declared<ModelDeclaration>[],
  sourced: Sourced,
): readonly Model[] {
  if (declared.length === 0) return []
  const parsed = new Map(
    declared.map(({ file, declaration }) => [declaration.name, parseModel(file, declaration)]),
  )
  const tables = sourceColumns(sourced)
  for (const { name, file } of parsed.values())
    if ([...tables.keys()].some(table => table.split('.')[1] === name))
      refuse({ file, line: 1 }, `a type or metric has the table ${name} already`, 'rename the model')
  const done = new Map<string, Model>()
  for (const one of inOrder(parsed)) {
    const columnsOf = (name: string) => {
      const model = done.get(name)
      return model === undefined ? tables.get(name) : columnsOfModel(model)
    }
    done.set(one.name, resolveModel(CHECKED_BY, one, columnsOf, done))
  }
  return [...done.values()]
}

const asColumns = (table: string, columns: readonly Column[]): Columns =>
  new Map(columns.map(column => [column.name, { type: typeOf(column), from: [`${table}.${column.name}`] }]))

const typeOf = ({ type, scale, precision }: Column): ValueType => ({
  type,
  ...(scale !== undefined && { scale }),
  ...(precision !== undefined && { precision }),
})

/** Columns of a model's table, as another model reads them. */
export const columnsOfModel = ({ name, columns }: Model): Columns => asColumns(name, columns)

/** Columns of each table that is no model, under the name that SQL has of it. */
export function sourceColumns({ latest, metrics }: Sourced): ReadonlyMap<string, Columns> {
  const curated = [...latest.values()].map(contract => {
    const { name, columns } = contractTable(contract, [...latest.keys()])
    return [`curated.${name}`, asColumns(`curated.${name}`, columns)] as const
  })
  const ofMetrics = metrics.map(metric => {
    const { name, columns } = metricTable(metric)
    const shown = new Set(measuresInSql(metric).map(plan => plan.name))
    const kept = columns.filter(
      each => shown.has(each.name) || !metric.measures.some(plan => plan.name === each.name),
    )
    return [`metric.${name}`, asColumns(`metric.${name}`, kept)] as const
  })
  return new Map([...curated, ...ofMetrics])
}

/** Models after those that they read. @throws where they read each other in a circle */
function inOrder(parsed: ReadonlyMap<string, ParsedModel>): readonly ParsedModel[] {
  const done = new Set<ParsedModel>()
  const visit = (model: ParsedModel, path: readonly string[]) => {
    if (path.includes(model.name))
      throw new TributaryError(
        'invalid_declaration',
        `${model.file}: models read each other in a circle: ${[...path.slice(path.indexOf(model.name)), model.name].join(' → ')}; leave one of them out`,
      )
    if (done.has(model)) return
    for (const name of [...model.sources.keys(), ...relatedBy(model)]) {
      const other = parsed.get(name)
      if (other !== undefined) visit(other, [...path, model.name])
    }
    done.add(model)
  }
  for (const model of [...parsed.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) visit(model, [])
  return [...done]
}

/** Models that tests name. */
function relatedBy({ header }: ParsedModel): readonly string[] {
  return header.tests.flatMap(({ text }) => {
    const [word, , target = ''] = text.split(/\s+/)
    return word === 'relationship' ? [target.split('.')[0]!] : []
  })
}
