import { seenIds } from '../core/declare/changes/seen-ids.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import type { CountedSince } from '../core/ports/counted-since.ts'

/** A note in memory: everything is counted from the first event on, but for what `since` says. */
export function memoryCountedSince(
  pipeline: Pipeline,
  since: Readonly<Record<string, number>> = {},
): CountedSince {
  const known = new Map([...seenIds(pipeline).map(id => [id, 0] as const), ...Object.entries(since)])
  return {
    list: async () => new Map(known),
    note: async changes => {
      for (const [id, epoch] of changes) known.set(id, epoch)
    },
  }
}
