import type { ItemKey } from '../../../core/ports/views.ts'
import { getItems } from '../../aws/dynamodb/batches.ts'
import { type Access, type Key, keyText } from '../../aws/dynamodb/table.ts'
import { type Bucket, readBucket } from './bucket.ts'
import { bucketKey, type Layout, MAX_LEVEL, pathOf, spreadPk } from './layout.ts'

/**
 * Where a group is, or where it would be put: the first item on its way that has it or still takes new
 * groups.
 */
export type Home = { readonly key: Key; readonly text: string; readonly bucket: Bucket }

/** An item looked for, with the layout of its epoch. */
export type Sought = { readonly item: ItemKey; readonly layout: Layout }

/** What a call knows of the table. */
export type Knowledge = {
  /** Buckets by the text of their keys. */
  readonly buckets: Map<string, Bucket>
  /** Those of them that an earlier call read: they may have changed since. */
  readonly stale: Set<string>
  /** Gives, once, what an earlier call read. */
  readonly recall: (text: string) => Bucket | undefined
  /**
   * Levels that the windows of a metric and lane were found to have, so that mostly one round of reads is
   * enough.
   */
  readonly depth: Map<string, number>
}

/**
 * Finds the homes of items, positional, reading what is not known yet: all that is missing of a level at
 * once.
 *
 * A bucket's groups never change once it is frozen, and a group is put in a level only when all before are
 * frozen without it. So it has one home for ever, and whoever finds it absent there may rely on it until the
 * home's version changes.
 */
export async function locate(
  access: Access,
  sought: readonly Sought[],
  knowledge: Knowledge,
): Promise<readonly Home[]> {
  const walks = sought.map(walkOf)
  const homes: Home[] = []
  let open = [...walks.keys()]
  while (open.length > 0) {
    await readMissing(
      access,
      open.flatMap(i => walks[i]!.ahead(knowledge)),
      knowledge,
    )
    open = open.filter(i => {
      const home = walks[i]!.advance(knowledge)
      if (home !== undefined) homes[i] = home
      return home === undefined
    })
  }
  return homes
}

async function readMissing(access: Access, keys: readonly Key[], knowledge: Knowledge): Promise<void> {
  const { buckets, stale, recall } = knowledge
  const missing = new Map<string, Key>()
  for (const key of keys) {
    const text = keyText(key)
    if (buckets.has(text)) continue
    const recalled = recall(text)
    if (recalled === undefined) missing.set(text, key)
    else {
      buckets.set(text, recalled)
      stale.add(text)
    }
  }
  const found = await getItems(access, [...missing.values()])
  for (const text of missing.keys()) buckets.set(text, readBucket(found.get(text)))
}

/** One item's way down the levels. */
function walkOf({ item, layout }: Sought) {
  const { metric, epoch, lane, group } = item
  const pk = spreadPk(metric, epoch, lane % layout.spread)
  const path = pathOf(group, layout)
  const series = `${metric}|${lane}`
  const lastLevel = layout.groups === 1 ? 0 : MAX_LEVEL
  let level = 0
  return {
    /** What to read next: the level reached, and those that are likely to follow. */
    ahead({ depth }: Knowledge): readonly Key[] {
      const to = Math.max(level, Math.min(depth.get(series) ?? 0, lastLevel))
      return Array.from({ length: to - level + 1 }, (_, i) => bucketKey(pk, item, path.at(level + i)))
    },
    /** The home, once the buckets known lead there. */
    advance({ buckets, depth }: Knowledge): Home | undefined {
      for (; ; level++) {
        const key = bucketKey(pk, item, path.at(level))
        const text = keyText(key)
        const bucket = buckets.get(text)
        if (bucket === undefined) return undefined
        if (bucket.frozen && !bucket.lines.has(group) && level < lastLevel) continue
        if (level > (depth.get(series) ?? 0)) depth.set(series, level)
        return { key, text, bucket }
      }
    },
  }
}
