import { TALLY, TALLY_GROUP, TALLY_WINDOW, tallyId } from '../../../core/cells/tally.ts'
import type { Contract } from '../../../core/declare/pipeline.ts'
import type { RealTimeViews } from '../../../core/ports/views.ts'
import type { Refined } from '../refine/refine-epoch.ts'
import type { TypeComparison } from './list-comparisons.ts'

/** The numbers of one event type and epoch, layer by layer. */
export type TypeNumbers = Refined & {
  /** What ingest acknowledged, exactly or at least; null where the ledger has forgotten the epoch. */
  readonly accepted: number | null
  /** What the speed layer counted; null where it does not keep all of the epoch. */
  readonly received: number | null
  readonly counted: number | null
  /**
   * Why the speed layer's numbers are not compared, where it began to count in the course of the epoch, or
   * after.
   */
  readonly notCompared?: 'declared in mid-epoch'
  /** Which equations do not hold. */
  readonly problems: readonly string[]
}

/**
 * accepted = raw = curated + duplicates = received by speed, and curated = counted by speed. Where the ledger
 * counts `at least`, raw may hold more than was accepted, never less.
 */
export async function reconcileType(
  speed: Pick<RealTimeViews, 'epoch'>,
  { type, dedupe }: Pick<Contract, 'type' | 'dedupe'>,
  comparison: Pick<TypeComparison, 'epoch' | 'refined' | 'accepted' | 'counts' | 'isTallied'>,
): Promise<TypeNumbers> {
  const { refined, accepted } = comparison
  const { received, counted } = comparison.isTallied
    ? await tallyOf(speed, type, comparison.epoch)
    : { received: null, counted: null }
  const { raw, curated, duplicates } = refined
  const problems = [
    ...(isEnough(comparison) ? [] : differ('accepted', accepted, 'raw', raw)),
    ...differ('raw', raw, 'curated + duplicates', curated + duplicates),
    ...differ('received by speed', received, 'raw', raw),
    // A marker a record lets some duplicates pass: the batch layer is what removes them.
    ...(dedupe === 'event' ? differ('counted by speed', counted, 'curated', curated) : []),
  ]
  return { ...refined, accepted, received, counted, problems }
}

/** What the speed layer has counted of a type in an epoch. */
export async function tallyOf(
  speed: Pick<RealTimeViews, 'epoch'>,
  type: string,
  epoch: number,
): Promise<{ readonly received: number; readonly counted: number }> {
  const { cells } = await speed.epoch({
    metric: tallyId(type),
    epoch,
    keys: [{ window: TALLY_WINDOW, group: TALLY_GROUP }],
  })
  const tally = cells[0]
  return { received: Number(tally?.[TALLY.received] ?? 0), counted: Number(tally?.[TALLY.counted] ?? 0) }
}

function isEnough({
  counts,
  accepted,
  refined,
}: Pick<TypeComparison, 'counts' | 'accepted' | 'refined'>): boolean {
  return counts === 'at least' && accepted !== null && refined.raw >= accepted
}

function differ(left: string, a: number | null, right: string, b: number): readonly string[] {
  return a === null || a === b ? [] : [`${left} ${a} ≠ ${right} ${b}`]
}
