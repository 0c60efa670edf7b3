import { type IdSlice, sliceLengths, slicesAround, slicesBetween } from '../../../core/lake/id-slices.ts'
import { dataIn, idsFolder, idsOfType, sliceOfFolder } from '../../../core/lake/lake-paths.ts'
import { folderOf, type IdsPlace, type Relation } from '../../../core/lake/relation.ts'
import type { LakeEngine } from '../../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import { type CountedIds, hasIds, sliceRows } from '../../../core/sql/counted-ids.ts'
import { curatedEpochs, relationAt } from '../lookup.ts'

export type KnownIdsPorts = {
  readonly lake: LakeFolder
  readonly engine: LakeEngine
  /** ms. */
  readonly epochLength: number
  /** Epochs that an event id is remembered for. */
  readonly horizon: number
}

/**
 * The ids that are still remembered in an epoch of a type: those that the epochs of the horizon before it
 * have counted. Slices that no later epoch needs are removed.
 */
export async function idsBefore(ports: KnownIdsPorts, type: string, epoch: number): Promise<CountedIds> {
  const { lake, epochLength, horizon } = ports
  const oldest = epoch - horizon * epochLength
  const ids = await idsIn(ports, type, oldest, epoch)
  for (const name of await lake.folders(idsOfType(type))) {
    const slice = sliceOfFolder(name)
    if (slice !== undefined && slice.from + slice.epochs * epochLength <= oldest)
      await lake.remove(idsFolder(type, slice))
  }
  return ids
}

/**
 * The ids that the epochs of a type from `first` to before `end` have counted. With a horizon of many epochs
 * they are read from slices of them, each made here when it is first asked for, so that a search reads few
 * objects.
 */
export async function idsIn(
  ports: KnownIdsPorts,
  type: string,
  first: number,
  end: number,
): Promise<CountedIds> {
  const from = {
    after: first - ports.epochLength,
    through: { epoch: end - 1, epochLength: ports.epochLength },
    limit: Math.max(1, Math.ceil((end - first) / ports.epochLength)),
  }
  const epochs = (await curatedEpochs(ports.lake, type, from)).filter(epoch => epoch >= first && epoch < end)
  if (epochs.length === 0) return { rows: [], slices: [] }
  const made = new Set(await ports.lake.folders(idsOfType(type)))
  // Nothing before the first of them: a young platform has no slices to make of a whole horizon.
  return collect({ ...ports, type, epochs, made }, epochs[0]!, end, sliceLengths(ports.horizon))
}

/** Removes the slices that an epoch is in, as its rows are about to be others. */
export async function forgetSlices(
  { lake, epochLength }: Pick<KnownIdsPorts, 'lake' | 'epochLength'>,
  type: string,
  epoch: number,
): Promise<void> {
  const made = new Set(await lake.folders(idsOfType(type)))
  for (const slice of slicesAround(epoch, epochLength))
    if (made.has(nameOf(type, slice))) await lake.remove(idsFolder(type, slice))
}

type Search = KnownIdsPorts & {
  readonly type: string
  /** Epochs that have curated rows, in order. */
  readonly epochs: readonly number[]
  /** Names of the slices that there are. */
  readonly made: ReadonlySet<string>
}

async function collect(
  search: Search,
  first: number,
  end: number,
  lengths: readonly number[],
): Promise<CountedIds> {
  const { lake, type, epochs, epochLength } = search
  const rows: Promise<Relation>[] = []
  const slices: Relation[] = []
  for (const slice of slicesBetween(first, end, epochLength, lengths)) {
    const { from } = slice
    const inside = epochs.filter(epoch => epoch >= from && epoch < from + slice.epochs * epochLength)
    if (inside.length === 0) continue
    if (slice.epochs === 1) rows.push(relationAt(lake, { kind: 'curated', type, epoch: from }))
    else slices.push(await sliceAt(search, slice, lengths))
  }
  return { rows: withParts(await Promise.all(rows)), slices: withParts(slices) }
}

/** A slice, made of its epochs or of shorter slices where it is not there. */
async function sliceAt(search: Search, slice: IdSlice, lengths: readonly number[]): Promise<Relation> {
  const { lake, engine, type, made, epochLength } = search
  const { from, epochs } = slice
  const place = { type, epoch: from, epochs } as const
  const target: IdsPlace = { kind: 'ids', ...place }
  if (!made.has(nameOf(type, slice))) {
    const shorter = lengths.filter(length => length < epochs)
    const ids = await collect(search, from, from + epochs * epochLength, shorter)
    if (!hasIds(ids)) return { ...target, parts: [] }
    const built = folderOf({ kind: 'staged-ids', ...place })
    await lake.remove(built)
    await engine.session(session => session.write(sliceRows(engine.dialect, ids), dataIn(built), 'parquet'))
    await lake.replace(built, folderOf(target))
  }
  return relationAt(lake, target)
}

function withParts(relations: readonly Relation[]): readonly Relation[] {
  return relations.filter(({ parts }) => parts.length > 0)
}

function nameOf(type: string, slice: IdSlice): string {
  return idsFolder(type, slice).slice(idsOfType(type).length + 1)
}
