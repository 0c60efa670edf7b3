import type { Metric } from '../../core/declare/metric-plan.ts'
import { rawOfType } from '../../core/lake/lake-paths.ts'
import { folderOf, type Relation, type TypePlace } from '../../core/lake/relation.ts'
import type { LakeEngine, LakeSession } from '../../core/ports/lake-engine.ts'
import type { LakeFolder, LakeObject } from '../../core/ports/lake-folder.ts'
import { fieldsRead } from '../../core/sql/curated.ts'
import { curatedRows } from '../batch/curated-rows.ts'
import { epochsIn } from '../batch/lookup.ts'

type Ports = { readonly lake: LakeFolder; readonly engine: LakeEngine }

/** Where the events of an epoch are: rows that were refined, raw lines, or both. */
export type EpochSource = {
  readonly epoch: number
  /** Undefined where nobody has refined it, or its rows are gone. */
  readonly curated: (Relation & TypePlace) | undefined
  readonly files: readonly LakeObject[]
}

/** Opens the curated rows of some epochs as the metric reads them. */
export async function epochSources(
  { lake, engine }: Ports,
  session: LakeSession,
  metric: Metric,
  epochs: readonly number[],
): Promise<readonly EpochSource[]> {
  const sources: EpochSource[] = []
  for (const epoch of epochs) {
    const place = { kind: 'curated', type: metric.type, epoch } as const
    const files = await lake.list(folderOf(place))
    const all = { ...place, parts: files.map(({ path }) => path) }
    if (files.length === 0) sources.push({ epoch, curated: undefined, files })
    else {
      const { rows } = await curatedRows(session, engine.dialect, fieldsRead(metric), all)
      sources.push({ epoch, curated: rows as Relation & TypePlace, files })
    }
  }
  return sources
}

/** Raw objects of an epoch. */
export type RawObjects = {
  readonly epoch: number
  readonly objects: readonly LakeObject[]
  readonly bytes: number
}

/** What a byte of gzip is counted for. */
const GZIP_RATIO = 8

/** Raw objects of epochs of a type from `first` on, so many at most. */
export async function rawFrom(
  { lake }: Pick<Ports, 'lake'>,
  type: string,
  first: number,
  limit: number,
): Promise<readonly RawObjects[]> {
  // Folders are named by the second, and what comes after that name begins a second later at the earliest.
  const epochs = await epochsIn(lake, rawOfType(type), { after: first - 1000, limit })
  return Promise.all(epochs.filter(epoch => epoch >= first).map(epoch => rawObjects(lake, type, epoch)))
}

/** Raw objects of one epoch of a type. */
export async function rawObjects(lake: LakeFolder, type: string, epoch: number): Promise<RawObjects> {
  const objects = await lake.list(folderOf({ kind: 'raw', type, epoch }))
  const bytes = objects.reduce(
    (sum, object) => sum + object.bytes * (object.path.endsWith('.gz') ? GZIP_RATIO : 1),
    0,
  )
  return { epoch, objects, bytes }
}
