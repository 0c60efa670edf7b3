import { tallyId } from '../../core/cells/tally.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import type { Column } from '../../core/lake/column.ts'
import { curatedOfType } from '../../core/lake/lake-paths.ts'
import { modelEpoch, modelFolder, modelWhole } from '../../core/lake/model-paths.ts'
import type { Relation } from '../../core/lake/relation.ts'
import { contractTableName } from '../../core/lake/warehouse-table.ts'
import type { Columns, Sources } from '../../core/models/compile-statement.ts'
import { castColumns } from '../../core/models/engine-words.ts'
import { type Model, modelQuery } from '../../core/models/model.ts'
import { columnsOfModel, sourceColumns } from '../../core/models/models.ts'
import type { LakeEngine } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import { type Query, query } from '../../core/sql/query.ts'
import { emptyView, metricRows } from '../../core/statements/lake-views.ts'
import { epochsIn, relationAt } from '../batch/lookup.ts'
import { partialPlaces, partialsIn } from '../batch/retention/all-partials.ts'

export type ModelSourcePorts = {
  readonly pipeline: Pick<Pipeline, 'latest' | 'metrics' | 'models'>
  readonly lake: LakeFolder
  readonly engine: Pick<LakeEngine, 'dialect'>
  readonly batch: Pick<BatchViews, 'boundary'>
  /** ms. */
  readonly epochLength: number
}

/** Epochs of a source that are read, ms, both included; undefined: all that are published. */
export type Some = { readonly from: number; readonly through: number } | undefined

/** What a source is: an event type, a metric or a model. */
export function sourceOf({ pipeline }: Pick<ModelSourcePorts, 'pipeline'>, name: string) {
  const [schema, table] = name.split('.')
  const types = [...pipeline.latest.keys()]
  const type = schema === 'curated' ? types.find(each => contractTableName(each, types) === table) : undefined
  const metric = schema === 'metric' ? pipeline.metrics.find(each => each.name === table) : undefined
  const model = pipeline.models.find(each => each.name === name)
  return { type, metric, model }
}

/** Published epochs of a source that has some, oldest first. */
export async function sourceEpochs(
  ports: ModelSourcePorts,
  name: string,
  some: Some,
): Promise<readonly number[]> {
  const { type, model } = sourceOf(ports, name)
  const boundary = type === undefined ? undefined : (await ports.batch.boundary(tallyId(type)))?.epoch
  if (type !== undefined && boundary === undefined) return []
  const last = Math.min(boundary ?? Number.POSITIVE_INFINITY, some?.through ?? Number.POSITIVE_INFINITY)
  const after = some === undefined || some.from <= 0 ? undefined : some.from - 1
  const through = Number.isFinite(last) ? { epoch: last, epochLength: ports.epochLength } : undefined
  const folder = type === undefined ? modelFolder(model!.id) : curatedOfType(type)
  return epochsIn(ports.lake, folder, { after, through })
}

/** Finds what the sources of a model are at this moment; of some of them, some epochs. */
export async function openSources(
  ports: ModelSourcePorts,
  names: readonly string[],
  someOf: (name: string) => Some,
): Promise<Sources> {
  const relations = new Map<string, Query>()
  for (const name of names) relations.set(name, await openSource(ports, name, someOf(name)))
  const columns = columnsOfAll(ports.pipeline)
  const sources: Sources = {
    columns: name => columns.get(name),
    relation: name => {
      const model = ports.pipeline.models.find(each => each.name === name)
      // A view is what it says, over the same sources.
      if (model?.header.kind === 'view') return query`(${modelQuery(model, ports.engine.dialect, sources)})`
      return relations.get(name)!
    },
  }
  return sources
}

/** Columns of every table that a model may read. */
export function columnsOfAll(pipeline: ModelSourcePorts['pipeline']): ReadonlyMap<string, Columns> {
  const models = pipeline.models.map(model => [model.name, columnsOfModel(model)] as const)
  return new Map([...sourceColumns(pipeline), ...models])
}

async function openSource(ports: ModelSourcePorts, name: string, some: Some): Promise<Query> {
  const { type, metric, model } = sourceOf(ports, name)
  const { dialect } = ports.engine
  if (metric !== undefined) return openMetric(ports, metric)
  const columns = [...columnsOfAll(ports.pipeline).get(name)!].map(([column, { type: its }]) => ({
    ...(its as Pick<Column, 'type' | 'scale' | 'precision'>),
    ...{ name: column, description: '' },
  }))
  const relations: Relation[] = []
  if (type !== undefined)
    for (const epoch of await sourceEpochs(ports, name, some))
      relations.push(await relationAt(ports.lake, { kind: 'curated', type, epoch }))
  else relations.push(...(await modelRelations(ports, model!, some)))
  return asDeclared(
    dialect,
    columns,
    relations.filter(({ parts }) => parts.length > 0),
  )
}

/** The rows of a model as they are stored. */
export async function modelRelations(
  ports: ModelSourcePorts,
  model: Model,
  some: Some,
): Promise<readonly Relation[]> {
  const { lake } = ports
  const isByEpoch = model.header.kind === 'incremental'
  const epochs = isByEpoch ? await sourceEpochs(ports, model.name, some) : [0]
  const relations = epochs.map(async (epoch): Promise<Relation> => {
    const folder = isByEpoch ? modelEpoch(model.id, epoch) : modelWhole(model.id)
    return { kind: 'model', model: model.id, epoch, parts: (await lake.list(folder)).map(({ path }) => path) }
  })
  return (await Promise.all(relations)).filter(({ parts }) => parts.length > 0)
}

/** A model's rows as SQL: those that are stored, or, of a view, what it says over its sources. */
export async function modelRows(ports: ModelSourcePorts, model: Model): Promise<Query> {
  const { dialect } = ports.engine
  if (model.header.kind !== 'view')
    return asDeclared(dialect, model.columns, await modelRelations(ports, model, undefined))
  const sources = await openSources(ports, model.reads, () => undefined)
  return query`(${modelQuery(model, dialect, sources)})`
}

/** Rows in the columns that are declared now, and in their types: files of before may lack some. */
export function asDeclared(
  dialect: LakeEngine['dialect'],
  columns: readonly Column[],
  relations: readonly Relation[],
): Query {
  const none = emptyView({ columns })
  if (relations.length === 0) return query`(${none})`
  return query`(SELECT ${castColumns(dialect, columns)} FROM (${none} UNION ALL BY NAME SELECT * FROM ${dialect.scan(relations)}) AS s)`
}

async function openMetric(
  { lake, batch, engine }: ModelSourcePorts,
  metric: Pipeline['metrics'][number],
): Promise<Query> {
  const boundary = await batch.boundary(metric.id)
  if (boundary === undefined)
    throw new TributaryError('unavailable', `the metric ${metric.name} has not been computed yet`)
  const partials = await partialsIn(lake, await partialPlaces(lake, metric.id, boundary.epoch))
  const scan = engine.dialect.scan(partials)
  return { sql: `(${metricRows(metric, scan.sql)})`, reads: scan.reads }
}
