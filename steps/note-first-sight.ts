import { floorTo } from '../core/data/time.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { seenIds } from '../core/declare/seen-ids.ts'
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

/**
 * Builds what a consumer does before its first batch, where consumers come and go by themselves: it notes
 * what of its pipeline no consumer has counted yet. Whole epochs of that begin after the last consumer of an
 * earlier pipeline has ended. Asked again, it does nothing; after a failure it tries again.
 */
export function createNoteFirstSight(ports: NoteFirstSightPorts): () => Promise<void> {
  const { pipeline, change, overlapMs, epochLength, now } = ports
  const note = (): Promise<void> => {
    const firstWhole = floorTo(now() + overlapMs, epochLength) + epochLength
    return change(since => firstSight(since, seenIds(pipeline), firstWhole))
  }
  let noted: Promise<void> | undefined
  return () => {
    noted ??= note().catch(error => {
      noted = undefined
      throw error
    })
    return noted
  }
}
