import {
  type KeptKind,
  type KeptMark,
  keptMark,
  keptOfMetric,
  keptOfType,
  parseKeptMark,
  RETENTION,
} from '../../../core/lake/retention-paths.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'

/** From when on things are kept, as marks in the lake say. They move forwards only. */
export type Kept = readonly KeptMark[]

type Listing = Pick<LakeFolder, 'list'>

/** The marks of everything, or of one owner. */
export async function keptMarks(lake: Listing, owner = RETENTION): Promise<Kept> {
  return (await lake.list(owner)).map(({ path }) => parseKeptMark(path)).filter(mark => mark !== undefined)
}

/** From when on something is kept, ms; −∞: all of it. */
export function keptSince(marks: Kept, owner: string, kind: KeptKind): number {
  return Math.max(-Infinity, ...marks.filter(isOf(owner, kind)).map(({ since }) => since))
}

/** From when on curated rows of a type are kept, ms; −∞: all of them. */
export async function curatedSince(lake: Listing, type: string): Promise<number> {
  const owner = keptOfType(type)
  return keptSince(await keptMarks(lake, owner), owner, 'curated')
}

export type Horizon = {
  /** ms. */
  readonly epochLength: number
  /** Epochs that an event id is remembered for. */
  readonly horizon: number
}

/**
 * From which epoch on a type can be computed again, ms; −∞: all of them. Its raw data has to be there, the
 * partials that its own take the place of, and the ids that the epochs of its horizon have counted.
 */
export function computableSince(marks: Kept, type: string, { epochLength, horizon }: Horizon): number {
  const since = (kind: KeptKind) => keptSince(marks, keptOfType(type), kind)
  return Math.max(since('raw'), since('partials'), since('curated') + horizon * epochLength)
}

/** Before when the partials of a metric are condensed, ms; −∞: none are. */
export async function condensedBefore(lake: Listing, metric: string): Promise<number> {
  const owner = keptOfMetric(metric)
  return keptSince(await keptMarks(lake, owner), owner, 'condensed')
}

/**
 * So long something stays after it has gone out of use, ms: whoever reads it, or copies the lake, is done by
 * then.
 */
const REST = 86_400_000

/** What is to be removed: epochs from `from` to before `to` (ms). */
export type Leaving = { readonly from: number; readonly to: number }

/** What has been out of use for a day and is not removed yet; undefined: nothing. */
export function leaving(marks: Kept, owner: string, kind: KeptKind, now: number): Leaving | undefined {
  const own = marks.filter(isOf(owner, kind))
  const latest = (some: Kept) => Math.max(-Infinity, ...some.map(({ since }) => since))
  const from = latest(own.filter(({ made }) => made === undefined))
  const to = latest(own.filter(({ made }) => made !== undefined && made <= now - REST))
  return to > from ? { from, to } : undefined
}

/** Puts out of use what began before `since`. Durable when it resolves. */
export function markKept(
  lake: Pick<LakeFolder, 'put'>,
  mark: KeptMark & { readonly made: number },
): Promise<void> {
  return lake.put(keptMark(mark), [])
}

/** Says that nothing from before `since` is left, in place of the marks up to it. */
export async function markGone(
  lake: Pick<LakeFolder, 'put' | 'remove'>,
  marks: Kept,
  gone: Pick<KeptMark, 'owner' | 'kind' | 'since'>,
): Promise<void> {
  await lake.put(keptMark({ ...gone, made: undefined }), [])
  for (const mark of marks.filter(isOf(gone.owner, gone.kind)))
    if (mark.since < gone.since || (mark.since === gone.since && mark.made !== undefined))
      await lake.remove(keptMark(mark))
}

function isOf(owner: string, kind: KeptKind) {
  return (mark: KeptMark) => mark.owner === owner && mark.kind === kind
}
