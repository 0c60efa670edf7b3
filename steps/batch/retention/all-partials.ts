import { floorTo } from '../../../core/data/time.ts'
import { partialsOfMetric } from '../../../core/lake/lake-paths.ts'
import type { MetricPlace, Relation } from '../../../core/lake/relation.ts'
import { condensedOfMetric } from '../../../core/lake/retention-paths.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import { epochsIn } from '../lookup.ts'
import { partialsAt } from '../settle.ts'
import { condensedBefore } from './kept.ts'

/** Epochs that began on one day (UTC) are condensed together. */
export const DAY = 86_400_000

/** Where partials of a metric are, each epoch's in one place. */
export type PartialPlace = MetricPlace & { readonly kind: 'partials' | 'condensed' }

/**
 * Where all partials of a metric through an epoch are: those of an epoch by itself, and of older ones those
 * of its day. What became of an epoch after this was asked changes nothing for a day.
 */
export async function partialPlaces(
  lake: LakeFolder,
  metric: string,
  through: number,
): Promise<readonly PartialPlace[]> {
  const before = await condensedBefore(lake, metric)
  const some = before === -Infinity ? {} : { after: before - 1000 }
  const epochs = await epochsIn(lake, partialsOfMetric(metric), some)
  const days = before === -Infinity ? [] : await epochsIn(lake, condensedOfMetric(metric))
  return placesOf(metric, before, [...days.filter(day => day < before), ...epochs]).filter(
    ({ epoch }) => epoch <= through,
  )
}

/** Where the partials of some epochs are. `before`: as `condensedBefore` says. */
export function placesOf(metric: string, before: number, epochs: Iterable<number>): readonly PartialPlace[] {
  const places = new Map<number, PartialPlace>()
  for (const each of epochs) {
    const isCondensed = each < before
    const epoch = isCondensed ? floorTo(each, DAY) : each
    places.set(epoch, { kind: isCondensed ? 'condensed' : 'partials', metric, epoch })
  }
  return [...places.values()].sort((a, b) => a.epoch - b.epoch)
}

/** What there is in places; some may have nothing. */
export async function partialsIn(
  lake: LakeFolder,
  places: readonly PartialPlace[],
): Promise<readonly Relation[]> {
  const found = await Promise.all(places.map(place => partialsAt(lake, place)))
  return found.filter(each => each !== undefined)
}
