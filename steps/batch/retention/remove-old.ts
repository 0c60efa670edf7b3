import { formatInstant } from '../../../core/data/time.ts'
import { curatedOfType, epochName, partialsOfMetric, rawOfType } from '../../../core/lake/lake-paths.ts'
import type { KeptKind } from '../../../core/lake/retention-paths.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import { epochsIn } from '../lookup.ts'
import type { Budget } from './budget.ts'
import { type Kept, leaving, markGone } from './kept.ts'

/** What went of a type or metric, for the report. */
export type Removed = {
  readonly epochs: number
  readonly bytes: number
  /** From when on epochs are kept. */
  readonly keptSince: string
  /** Whether some are left for the next run. */
  readonly more: boolean
}

/** Names of one listing. */
const PAGE = 1000

/**
 * Removes what has been out of use for a day, oldest epoch first, as far as the budget goes; undefined where
 * there is nothing. It looks at what fell out since the last time alone.
 */
export async function removeOld(
  lake: LakeFolder,
  kept: Kept,
  { owner, kind }: { readonly owner: string; readonly kind: KeptKind },
  now: number,
  budget: Budget,
): Promise<Removed | undefined> {
  const range = leaving(kept, owner, kind, now)
  if (range === undefined) return undefined
  const folder = folderOf(owner, kind)
  const after = range.from === -Infinity ? undefined : range.from - 1000
  let [epochs, bytes, more] = [0, 0, false]
  const done = () => (epochs === 0 ? undefined : { epochs, bytes, keptSince: formatInstant(range.to), more })
  for (let last = after; ; ) {
    const page = await epochsIn(lake, folder, { after: last, limit: PAGE, withRemains: true })
    for (const epoch of page.filter(each => each < range.to)) {
      more = budget.isSpent()
      if (more) return done()
      bytes += await removeEpoch(lake, `${folder}/${epochName(folder, epoch)}`)
      epochs += 1
      budget.spend()
    }
    last = page.at(-1)
    if (last === undefined || last >= range.to || page.length < PAGE) break
  }
  await markGone(lake, kept, { owner, kind, since: range.to })
  return done()
}

async function removeEpoch(lake: LakeFolder, folder: string): Promise<number> {
  const objects = await lake.list(folder)
  await lake.remove(folder)
  return objects.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** What is out of use has its folder an epoch; partials of a metric once they are condensed. */
function folderOf(owner: string, kind: KeptKind): string {
  const name = owner.slice(owner.indexOf('=') + 1)
  if (kind === 'condensed') return partialsOfMetric(name)
  return kind === 'raw' ? rawOfType(name) : curatedOfType(name)
}
