import { floorTo } from '../../../core/data/time.ts'
import {
  epochOfFolder,
  epochOfLate,
  lateMark,
  lateOfDay,
  partialsOfMetric,
  windowsWhole,
} from '../../../core/lake/lake-paths.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import { epochsIn } from '../lookup.ts'

/**
 * Which epochs have partials in the windows of a day (UTC), so that an epoch that is computed again is
 * combined with those alone, and not with all there ever were. Most epochs have only windows of the day they
 * are in, and are found by their names; of the others a mark each lies in the lake, by metric and day.
 */

const DAY = 86_400_000
/** Names of one listing: S3 gives so many a call. */
const PAGE = 1000
/** Days looked up at the same time. */
const PARALLEL = 16

type Lake = Pick<LakeFolder, 'list' | 'folders' | 'put'>

/** The days of windows (start, ms). */
export function daysOf(windows: Iterable<number>): ReadonlySet<number> {
  return new Set([...windows].map(window => floorTo(window, DAY)))
}

/**
 * Marks days in which an epoch has partials, but for its own. Marks may be too many, as an epoch that is
 * computed again can lose windows, and never too few: they are made before its partials are shown.
 */
export async function noteDays(
  lake: Lake,
  metric: string,
  epoch: number,
  days: Iterable<number>,
): Promise<void> {
  const others = [...days].filter(day => day !== floorTo(epoch, DAY))
  await inTurns(others, day => lake.put(lateMark(metric, day, epoch), []))
}

/** Every epoch that may have partials of a metric in one of some days. */
export async function epochsOn(
  lake: Lake,
  metric: string,
  days: Iterable<number>,
): Promise<ReadonlySet<number>> {
  const found = new Set<number>()
  await inTurns([...days], async day => {
    for (const epoch of await lateEpochs(lake, metric, day)) found.add(epoch)
    for (const epoch of await epochsFrom(lake, metric, day)) found.add(epoch)
  })
  return found
}

/** Epochs of other days that have partials in the windows of a day. */
export async function lateEpochs(
  lake: Pick<LakeFolder, 'list'>,
  metric: string,
  day: number,
): Promise<readonly number[]> {
  return (await lake.list(lateOfDay(metric, day))).map(({ path }) => epochOfLate(path))
}

/** Epochs that began on a day and have partials of their own, page by page. */
export async function epochsFrom(
  lake: Pick<LakeFolder, 'folders'>,
  metric: string,
  day: number,
): Promise<readonly number[]> {
  const all: number[] = []
  for (let after = day - 1000, isLast = false; !isLast; after = all.at(-1) ?? after) {
    const page = await epochsIn(lake, partialsOfMetric(metric), { after, limit: PAGE })
    all.push(...page)
    isLast = page.length < PAGE || page.at(-1)! >= day + DAY
  }
  return all.filter(epoch => epoch < day + DAY)
}

/** Whether the marks of a metric are whole: a lake of an earlier version has epochs without. */
export async function isWhole(lake: Lake, metric: string): Promise<boolean> {
  return (await lake.list(windowsWhole(metric))).length > 0
}

export function markWhole(lake: Lake, metric: string): Promise<void> {
  return lake.put(`${windowsWhole(metric)}/whole.mark`, [])
}

/** The epoch of the object of a folder of partials. */
export function epochOfPartials(path: string): number | undefined {
  return epochOfFolder(path.split('/').at(-2) ?? '')
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += PARALLEL)
    await Promise.all(items.slice(at, at + PARALLEL).map(work))
}
