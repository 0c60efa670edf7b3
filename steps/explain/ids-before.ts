import { sliceLengths, slicesBetween } from '../../core/lake/id-slices.ts'
import { idsFolder, idsOfType } from '../../core/lake/lake-paths.ts'
import type { Relation } from '../../core/lake/relation.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { CountedIds } from '../../core/sql/counted-ids.ts'
import { curatedEpochs, relationAt } from '../batch/lookup.ts'

type Ports = { readonly lake: LakeFolder; readonly epochLength: number; readonly horizon: number }

/**
 * The ids that the epochs of a type from `first` to before `end` have counted, of what is there: slices
 * that nobody has made yet are read as what they would be made of (steps/batch/refine/known-ids.ts). A
 * question writes nothing.
 */
export async function idsAsTheyAre(
  { lake, epochLength, horizon }: Ports,
  type: string,
  first: number,
  end: number,
): Promise<CountedIds> {
  const after = first - epochLength
  const epochs = (await curatedEpochs(lake, type, { after })).filter(epoch => epoch >= first && epoch < end)
  if (epochs.length === 0) return { rows: [], slices: [] }
  const made = new Set(await lake.folders(idsOfType(type)))
  const collect = (from: number, to: number, lengths: readonly number[]): Promise<Relation>[] =>
    slicesBetween(from, to, epochLength, lengths).flatMap(slice => {
      const until = slice.from + slice.epochs * epochLength
      if (!epochs.some(epoch => epoch >= slice.from && epoch < until)) return []
      const place = { type, epoch: slice.from } as const
      if (slice.epochs === 1) return [relationAt(lake, { kind: 'curated', ...place })]
      if (made.has(idsFolder(type, slice).slice(idsOfType(type).length + 1)))
        return [relationAt(lake, { kind: 'ids', ...place, epochs: slice.epochs })]
      return collect(
        slice.from,
        until,
        lengths.filter(length => length < slice.epochs),
      )
    })
  const found = await Promise.all(collect(epochs[0]!, end, sliceLengths(horizon)))
  const there = found.filter(({ parts }) => parts.length > 0)
  return {
    rows: there.filter(({ kind }) => kind === 'curated'),
    slices: there.filter(({ kind }) => kind === 'ids'),
  }
}
