import { floorTo } from '../core/data/time.ts'
import { seenIds } from '../core/declare/changes/seen-ids.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { firstSight } from '../core/fold/first-sight.ts'

export type NoteFirstSightPorts = {
  readonly pipeline: Pipeline
  /** Changes the note that all consumers of the stream share. */
  readonly change: (
    change: (since: ReadonlyMap<string, number>) => ReadonlyMap<string, number>,
  ) => Promise<void>
  /** How long a consumer of an earlier pipeline may still take records after one of this has begun, ms. */
  readonly overlapMs: number
  /** ms. */
  readonly epochLength: number
  /** ms since 1970. */
  readonly now: () => number
}

/** How often a consumer says again what it counts, ms: a deployment takes longer than this, back or forth. */
const AGAIN_MS = 60_000

/**
 * Builds what a consumer does before a batch, where consumers come and go by themselves: before its first
 * one, and about once a minute after, it notes what of its pipeline no consumer has counted yet. Whole epochs
 * of that begin after the last consumer of an earlier pipeline has ended.
 *
 * Again, because a newer version may have been taken back: what only that one declared is counted by nobody
 * from then on, and one that still works may be all there is to say so. While two versions work side by side
 * the newer one's note begins later each time, which is right.
 *
 * @throws (of what it returns) what the first note fails with; it is tried again. One that fails later
 * is left to the next minute: what is counted is right without it.
 */
export function createNoteFirstSight(ports: NoteFirstSightPorts): () => Promise<void> {
  const { pipeline, change, overlapMs, epochLength, now } = ports
  let notedAt: number | undefined
  return async () => {
    const at = now()
    if (notedAt !== undefined && at - notedAt < AGAIN_MS) return
    const firstWhole = floorTo(at + overlapMs, epochLength) + epochLength
    await change(since => firstSight(since, seenIds(pipeline), firstWhole)).catch(error => {
      if (notedAt === undefined) throw error
    })
    notedAt = at
  }
}
