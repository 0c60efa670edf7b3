import type { Pipeline } from '../../../core/declare/pipeline.ts'
import type { Markers } from '../../../core/ports/markers.ts'
import { compileClaims, readEntries, type SpeedRecord } from '../../../steps/speed-entries.ts'

/** Which claims of the log have been judged, and which of them are duplicates. */
export type JudgedClaims = {
  /** Every claim of a record through this one is judged: its place in the log. */
  readonly through: number
  /** Padded sequence number and index of each claim that is a duplicate, with its partition. */
  readonly duplicates: readonly (readonly [sequence: string, index: number, partition: number])[]
}

/**
 * Claims the markers of records ahead of the lanes that apply them. An id may come again in a partition, and
 * so a lane, of its own: only who sees the whole log in order can say which copy came first.
 *
 * Records that cannot be read claim nothing; the lane they belong to finds them unreadable.
 */
export function claimAhead(
  pipeline: Pipeline,
  markers: Pick<Markers, 'claim'>,
  publish: (judged: JudgedClaims) => void,
): (records: readonly SpeedRecord[]) => Promise<void> {
  const claimsOf = compileClaims(pipeline)
  return async records => {
    const { recordsOfEntries } = readEntries(records, undefined)
    const { claims, claimants } = claimsOf(recordsOfEntries)
    const verdicts = await markers.claim(claims)
    const duplicates = verdicts.flatMap((verdict, i) => {
      const { lane: partition } = [claimants[i]!].flat()[0]!
      return verdict === 'duplicate' ? [[claims[i]!.sequence, claims[i]!.index, partition] as const] : []
    })
    publish({ through: Number(records.at(-1)?.sequence ?? 0), duplicates })
  }
}
