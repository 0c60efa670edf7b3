import type { EpochIndex } from './epochs.ts'

/**
 * Keys of the partials of an epoch, packed for a way between threads: a window and a number of a group text
 * each.
 */
export type EpochKeys = {
  readonly windows: Float64Array
  readonly groups: Int32Array
  readonly texts: readonly string[]
}

/** The keys of an epoch; one that several lanes of a store share is told several times. */
export function keysOf(index: EpochIndex, metric: string, epoch: number): EpochKeys {
  const rows = index.get(metric)?.get(epoch)
  if (rows === undefined) return { windows: new Float64Array(0), groups: new Int32Array(0), texts: [] }
  return {
    windows: rows.window.slice(0, rows.count),
    groups: rows.group.slice(0, rows.count),
    texts: rows.groups.texts,
  }
}

/** How many different keys there are in several stores. */
export function countKeys(stores: readonly EpochKeys[]): number {
  const windowsOf = new Map<string, Set<number>>()
  for (const { windows, groups, texts } of stores) {
    const known = texts.map(text => {
      const set = windowsOf.get(text) ?? new Set()
      windowsOf.set(text, set)
      return set
    })
    for (let i = 0; i < windows.length; i++) known[groups[i]!]!.add(windows[i]!)
  }
  let count = 0
  for (const { size } of windowsOf.values()) count += size
  return count
}
