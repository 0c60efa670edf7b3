import type { Pipeline } from '../core/declare/pipeline.ts'
import { TributaryError } from '../core/errors.ts'
import { receivedAt } from '../core/event/receipt.ts'
import {
  type InPlaceViews,
  metricFold,
  type PlacedEvent,
  type Share,
  sharesOf,
  tallyFold,
  withShare,
} from '../core/fold/share.ts'
import type { Markers } from '../core/ports/markers.ts'
import type { Item, ItemWrite, RealTimeViews } from '../core/ports/views.ts'
import {
  compileClaims,
  readEntries,
  type SpeedRecord,
  type Unknown,
  type Unreadable,
} from './speed-entries.ts'

export type { SpeedRecord } from './speed-entries.ts'

type ConditionalViews = Pick<RealTimeViews, 'read' | 'write'>

export type SpeedPorts = {
  readonly pipeline: Pipeline
  readonly markers: Pick<Markers, 'claim'>
  readonly views: ConditionalViews | InPlaceViews
  /** Lanes that the partitions are spread over; undefined: each partition is one. */
  readonly lanes?: number
  /** Ids of the metrics and tallies that are brought up to the records. Default: all that are declared. */
  readonly only?: ReadonlySet<string> | undefined
}

/** What a batch came to. */
export type SpeedOutcome = {
  readonly counted: number
  readonly duplicates: number
  /** Events that the producer put into the stream twice; they stand in neither of the other numbers. */
  readonly repeats: number
  /** When the newest of its events was received, ms since 1970; 0 for a batch without events. */
  readonly receivedAt: number
  /** Records that no retry can help (index in the batch): they belong in the dead letters. */
  readonly unreadable: readonly Unreadable[]
  /**
   * Records of types that are not declared here, and so are in no item: perhaps a newer ingest accepted them,
   * and this consumer is older. Their ids are claimed, so that a replay counts what was first in the stream.
   */
  readonly unknown: readonly Unknown[]
}

/**
 * Applies a batch of records to the real-time views. Delivering a record again, in any batch, changes
 * nothing.
 */
export type ApplySpeed = (records: readonly SpeedRecord[]) => Promise<SpeedOutcome>

/**
 * Whether a failure of the step lies in its records, so that no retry can help: what is stored of them
 * outgrows its place, or is damaged. A fault of the program is none: it would be one of all records, and they
 * wait until it is mended.
 */
export function isOfItsRecords(error: unknown): boolean {
  return error instanceof TributaryError && (error.code === 'too_large' || error.code === 'corrupt_data')
}

/** How often a conditional write may lose against another writer before the batch is given back. */
const MAX_CONFLICTS = 8

/**
 * Builds the speed step: claim each event's marker, split the events that count into one share an item, add
 * to each stored item what lies after its position, and write it on the condition that the position has not
 * moved meanwhile; where it has, read again. Views in this process's own memory do the last part in place.
 *
 * An event that the producer put twice is left out altogether, as the batch layer counts distinct receipts.
 *
 * @throws (the step) TributaryError of a port; the whole batch can then be delivered again
 */
export function createApplySpeed({ pipeline, markers, views, lanes, only }: SpeedPorts): ApplySpeed {
  const claimsOf = compileClaims(pipeline)
  const folds = new Map(
    [...pipeline.latest.keys()].map(type => [
      type,
      [...(pipeline.metricsOf.get(type) ?? []).map(metricFold), tallyFold(type)].filter(
        ({ metric }) => only === undefined || only.has(metric),
      ),
    ]),
  )

  return async records => {
    const { recordsOfEntries, unreadable, unknown } = readEntries(records, lanes, type => folds.has(type))
    const repeated = await judge(recordsOfEntries)
    let duplicates = 0
    let received = 0
    const shares: Share[] = []
    for (const [type, entries] of byType(without(repeated, recordsOfEntries))) {
      const ofType = folds.get(type)
      if (ofType === undefined) continue
      for (const fold of ofType) {
        if ('absorb' in views) views.absorb(fold, entries)
        else for (const share of sharesOf(fold, entries)) shares.push(share)
      }
      for (const { duplicate } of entries) if (duplicate) duplicates++
      received += entries.length
    }
    if (!('absorb' in views)) await apply(views, shares)
    return {
      ...{ counted: received - duplicates, duplicates, repeats: repeated.size },
      ...{ receivedAt: newest(recordsOfEntries), unreadable, unknown },
    }
  }

  /** Brings every item up to its share; those that another writer moved meanwhile go round again. */
  async function apply(views: ConditionalViews, shares: readonly Share[]): Promise<void> {
    let open = shares
    for (let round = 0; open.length > 0; round++) {
      if (round > MAX_CONFLICTS)
        throw new TributaryError(
          'overloaded',
          `${open.length} real-time items kept changing under their update`,
        )
      const stored = await views.read(open)
      const writes: ItemWrite[] = []
      const writers: Share[] = []
      for (let i = 0; i < open.length; i++) {
        const write = writeOf(open[i]!, stored[i])
        if (write === undefined) continue
        writes.push(write)
        writers.push(open[i]!)
      }
      const results = await views.write(writes)
      open = writers.filter((_, i) => !results[i])
    }
  }

  /**
   * Claims the markers and notes on each entry whether it is a duplicate; answers the entries that are
   * repeats.
   */
  async function judge(records: readonly (readonly PlacedEvent[])[]): Promise<ReadonlySet<PlacedEvent>> {
    const { claims, claimants } = claimsOf(records)
    const verdicts = await markers.claim(claims)
    const repeated = new Set<PlacedEvent>()
    for (let i = 0; i < verdicts.length; i++) {
      if (verdicts[i] === 'duplicate') for (const entry of [claimants[i]!].flat()) entry.duplicate = true
      else if (verdicts[i] === 'repeat') for (const entry of [claimants[i]!].flat()) repeated.add(entry)
    }
    return repeated
  }
}

function newest(records: readonly (readonly PlacedEvent[])[]): number {
  const last = records.at(-1)?.at(-1)
  return last === undefined ? 0 : receivedAt(last.event.tbreceipt)
}

/** The write that brings an item up to the share's last event; undefined where it is there already. */
function writeOf(share: Share, stored: Item | undefined): ItemWrite | undefined {
  const reached = withShare(share, stored)
  if (reached === undefined) return undefined
  const { id, metric, group, window, epoch, lane } = share
  return { item: { id, metric, group, window, epoch, lane, ...reached }, expected: stored?.position }
}

/** Records without those entries; the very same records in the usual case, where there are none. */
function without(
  repeated: ReadonlySet<PlacedEvent>,
  records: readonly PlacedEvent[][],
): readonly PlacedEvent[][] {
  if (repeated.size === 0) return records
  return records
    .map(entries => entries.filter(entry => !repeated.has(entry)))
    .filter(entries => entries.length > 0)
}

/** Entries by event type, in stream order. All events of a record have one type. */
function byType(records: readonly PlacedEvent[][]): ReadonlyMap<string, readonly PlacedEvent[]> {
  const types = new Map<string, PlacedEvent[]>()
  for (const entries of records) {
    const type = entries[0]!.event.type
    const known = types.get(type)
    if (known === undefined) types.set(type, [...entries])
    else for (const entry of entries) known.push(entry)
  }
  return types
}
