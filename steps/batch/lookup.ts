import { tallyId } from '../../core/cells/tally.ts'
import { floorTo } from '../../core/data/time.ts'
import { boundaryIds } from '../../core/declare/boundary-ids.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Contract, Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import { curatedOfType, epochName, epochOfFolder } from '../../core/lake/lake-paths.ts'
import {
  folderOf,
  type IdsPlace,
  type MetricPlace,
  type Relation,
  type TypePlace,
} from '../../core/lake/relation.ts'
import type { LakeFolder, SomeFolders } from '../../core/ports/lake-folder.ts'
import { type Helpers, helpersOf } from '../../core/sql/curated.ts'

/**
 * The newest contract of a type. @throws TributaryError `not_found`: the pipeline has changed under the run
 */
export function contractOf(pipeline: Pipeline, type: string): Contract {
  const contract = pipeline.latest.get(type)
  if (contract !== undefined) return contract
  throw new TributaryError('not_found', `type "${type}" has no contract`)
}

/** A metric by id. @throws TributaryError `not_found`: the pipeline has changed under the run */
export function metricOf(pipeline: Pipeline, id: string): Metric {
  const metric = pipeline.metrics.find(m => m.id === id)
  if (metric !== undefined) return metric
  throw new TributaryError('not_found', `there is no metric "${id}"`)
}

/**
 * Ids that names of metrics and event types stand for: a type stands for its tally and all of its metrics.
 */
export function idsNamed(pipeline: Pipeline, names: readonly string[]): ReadonlySet<string> {
  const metrics = pipeline.metrics.filter(({ name, type }) => names.includes(name) || names.includes(type))
  const types = names.filter(name => pipeline.latest.has(name))
  return new Set([...metrics.map(({ id }) => id), ...types.map(tallyId)])
}

/**
 * The same, of names that an operator gave; undefined where none were given: everything.
 * @throws TributaryError `bad_request` naming what is not declared
 */
export function requireNamed(pipeline: Pipeline, names: readonly string[] | undefined): ReadonlySet<string> {
  if (names === undefined) return new Set(boundaryIds(pipeline))
  const known = new Set([...pipeline.metrics.map(({ name }) => name), ...pipeline.latest.keys()])
  const unknown = names.find(name => !known.has(name))
  if (unknown === undefined) return idsNamed(pipeline, names)
  throw new TributaryError(
    'bad_request',
    `no metric or event type is called "${unknown}"; there are ${[...known].join(', ')}`,
  )
}

/** The helper columns that a type's metrics read. */
export function helpersOfType(pipeline: Pipeline, type: string): Helpers {
  return helpersOf(pipeline.metricsOf.get(type) ?? [])
}

/** All that is in a place. */
export async function relationAt<P extends TypePlace | IdsPlace | MetricPlace>(
  lake: Pick<LakeFolder, 'list'>,
  place: P,
): Promise<P & Pick<Relation, 'parts'>> {
  return { ...place, parts: (await lake.list(folderOf(place))).map(({ path }) => path) }
}

/** Which epochs are wanted: those after an instant (ms), the oldest of them, so many. Default: all. */
export type SomeEpochs = Omit<SomeFolders, 'after' | 'among'> & {
  readonly after?: number | undefined
  /** None after this one, ms: where few lie between, they need not be found among those of years. */
  readonly through?: { readonly epoch: number; readonly epochLength: number } | undefined
}

/** So many epochs are looked for one by one. */
const FEW_EPOCHS = 500

/**
 * Epochs of which a folder such as `curated/type=…` has data, oldest first. A lake holds years of them:
 * whoever is called by every run says which are wanted.
 */
export async function epochsIn(
  lake: Pick<LakeFolder, 'folders'>,
  folder: string,
  { after, through, ...some }: SomeEpochs = {},
): Promise<readonly number[]> {
  const isAfter = after !== undefined && after >= 0
  // Names end at the second.
  const from = isAfter ? { after: epochName(folder, Math.floor(after / 1000) * 1000) } : {}
  const among = isAfter && through !== undefined ? namesBetween(folder, after, through) : undefined
  const names = await lake.folders(folder, { ...from, ...some, among })
  return names
    .map(epochOfFolder)
    .filter(epoch => epoch !== undefined)
    .filter(epoch => !isAfter || epoch > after)
    .filter(epoch => through === undefined || epoch <= through.epoch)
}

/** Undefined where they are many. */
function namesBetween(
  folder: string,
  after: number,
  { epoch, epochLength }: NonNullable<SomeEpochs['through']>,
): readonly string[] | undefined {
  const first = floorTo(after, epochLength) + epochLength
  const epochs = Math.max(0, Math.floor((epoch - first) / epochLength) + 1)
  if (epochs > FEW_EPOCHS) return undefined
  return Array.from({ length: epochs }, (_, i) => epochName(folder, first + i * epochLength))
}

/** Epochs of which a type has curated data, oldest first. */
export function curatedEpochs(
  lake: Pick<LakeFolder, 'folders'>,
  type: string,
  some?: SomeEpochs,
): Promise<readonly number[]> {
  return epochsIn(lake, curatedOfType(type), some)
}

/**
 * The lowest boundary of types, of those that have one; undefined where none has. The ledger need not be read
 * before it: what a type is published through lies in the curated lake, and what a type has that was never
 * published, in the raw one.
 */
export function lowest(boundaries: readonly (number | undefined)[]): number | undefined {
  const known = boundaries.filter(boundary => boundary !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
