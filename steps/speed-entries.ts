import type { Pipeline } from '../core/declare/pipeline.ts'
import { markerKey, recordKey } from '../core/event/event.ts'
import { laneOf } from '../core/event/partition.ts'
import { isReceived, readRecord } from '../core/event/record.ts'
import type { PlacedEvent } from '../core/fold/share.ts'
import type { Claim } from '../core/ports/markers.ts'

/** A record of the stream, decoded from its transport. */
export type SpeedRecord = {
  /** Padded sequence number. */
  readonly sequence: string
  readonly partition: number
  /** Newline-delimited events. */
  readonly data: string
}

/** A record that no retry can help, by its place in the batch. */
export type Unreadable = { readonly index: number; readonly reason: string }

/** A record of a type that is not declared here, by its place in the batch. */
export type Unknown = { readonly index: number; readonly type: string }

/** What asks to be counted: each claim with the entries that its verdict is about. */
export type Claims = {
  readonly claims: readonly Claim[]
  readonly claimants: readonly (PlacedEvent | readonly PlacedEvent[])[]
}

/**
 * Compiles what the records of a pipeline claim: a marker each event, or each record, as its contract says.
 */
export function compileClaims(pipeline: Pipeline): (records: readonly (readonly PlacedEvent[])[]) => Claims {
  return records => {
    const claims: Claim[] = []
    const claimants: (PlacedEvent | readonly PlacedEvent[])[] = []
    for (const entries of records) {
      const first = entries[0]!
      if (pipeline.latest.get(first.event.type)?.dedupe === 'record') {
        claims.push({ ...first, key: recordKey(entries.map(({ key }) => key)) })
        claimants.push(entries)
        continue
      }
      for (const entry of entries) {
        claims.push(entry)
        claimants.push(entry)
      }
    }
    return { claims, claimants }
  }
}

export type Entries = {
  readonly recordsOfEntries: readonly PlacedEvent[][]
  readonly unreadable: readonly Unreadable[]
  /** These stand among the entries too. */
  readonly unknown: readonly Unknown[]
}

/** Reads records, in stream order. Undefined `lanes`: each partition is one. */
export function readEntries(
  records: readonly SpeedRecord[],
  lanes: number | undefined,
  isKnown: (type: string) => boolean = () => true,
): Entries {
  const recordsOfEntries: PlacedEvent[][] = []
  const unreadable: Unreadable[] = []
  const unknown: Unknown[] = []
  records.forEach(({ sequence, partition, data }, at) => {
    const lane = laneOf(partition, lanes)
    try {
      const events = readRecord(data)
      if (!events.every(isReceived)) throw new Error('a line is not a received event')
      const { type } = events[0]!
      if (!isKnown(type)) unknown.push({ index: at, type })
      recordsOfEntries.push(
        events.map((event, index) => {
          const { tbepoch: epoch, tbreceipt: receipt } = event
          return {
            event,
            key: markerKey(event),
            epoch,
            sequence,
            index,
            receipt,
            lane,
            duplicate: false,
          }
        }),
      )
    } catch (error) {
      unreadable.push({ index: at, reason: error instanceof Error ? error.message : String(error) })
    }
  })
  return { recordsOfEntries, unreadable, unknown }
}
