import { combineCells } from '../core/cells/cells.ts'
import { type Delta, type Entry, type Folder, fold, metricFolder, tallyFolder } from '../core/delta.ts'
import { TributaryError } from '../core/errors.ts'
import { markerKey } from '../core/event.ts'
import type { Pipeline } from '../core/pipeline.ts'
import type { Claim, Markers } from '../core/ports/markers.ts'
import type { Item, ItemWrite, RealTimeViews } from '../core/ports/views.ts'
import { comparePositions, type Position } from '../core/position.ts'
import { receivedAt } from '../core/receipt.ts'
import { readRecord } from '../core/record.ts'

/** A record of the stream, decoded from its transport. */
export type SpeedRecord = {
  /** Padded sequence number. */
  readonly sequence: string
  readonly partition: number
  /** Newline-delimited events. */
  readonly data: string
}

export type SpeedPorts = {
  readonly pipeline: Pipeline
  readonly markers: Markers
  readonly views: Pick<RealTimeViews, 'read' | 'write'>
}

/** What a batch came to. */
export type SpeedOutcome = {
  readonly counted: number
  readonly duplicates: number
  /** When the newest of its events was received, ms since 1970; 0 for a batch without events. */
  readonly receivedAt: number
  /** Records that no retry can help (index in the batch): they belong in the dead letters. */
  readonly unreadable: readonly { readonly index: number; readonly reason: string }[]
}

/** Applies a batch of records to the real-time views. Delivering a record again, in any batch, changes nothing. */
export type ApplySpeed = (records: readonly SpeedRecord[]) => Promise<SpeedOutcome>

/** How often a conditional write may lose against another writer before the batch is given back. */
const MAX_CONFLICTS = 8

/**
 * Builds the speed step: claim each event's marker, fold the events that count into deltas, write each delta on the
 * condition that the item's position is before the delta's first event. Where that fails, the delta is made again from
 * the events after the stored position (design.md, "Why it is exact", 2 and 3).
 *
 * @throws (the step) TributaryError of a port; the whole batch can then be delivered again
 */
export function createApplySpeed({ pipeline, markers, views }: SpeedPorts): ApplySpeed {
  const lanes = new Map(
    [...pipeline.latest.values()].map(({ type, dedupe }) => [
      type,
      { dedupe, folders: [...(pipeline.metricsOf.get(type) ?? []).map(metricFolder), tallyFolder(type)] },
    ]),
  )

  return async records => {
    const { recordsOfEntries, unreadable } = readAll(records)
    await judge(recordsOfEntries)
    let counted = 0
    let duplicates = 0
    const deltas: Delta[] = []
    for (const [type, entries] of byType(recordsOfEntries)) {
      for (const folder of lanes.get(type)?.folders ?? []) deltas.push(...fold(folder, entries))
      const refused = entries.reduce((sum, { duplicate }) => sum + (duplicate ? 1 : 0), 0)
      duplicates += refused
      counted += entries.length - refused
    }
    await apply(deltas)
    return { counted, duplicates, receivedAt: newest(recordsOfEntries), unreadable }

    /** Writes deltas; those whose item another writer moved meanwhile go round again. */
    async function apply(open: readonly Delta[]): Promise<void> {
      for (let round = 0; open.length > 0; round++) {
        if (round > MAX_CONFLICTS)
          throw new TributaryError(
            'overloaded',
            `${open.length} real-time items kept changing under their update`,
          )
        const stored = await views.read(open.map(delta => delta.key))
        const moved: Delta[] = []
        const writes: ItemWrite[] = []
        const writers: Delta[] = []
        for (let i = 0; i < open.length; i++) {
          const write = merge(open[i]!, stored[i])
          if (write === undefined) continue
          writes.push(write)
          writers.push(open[i]!)
        }
        const results = await views.write(writes)
        for (let i = 0; i < results.length; i++) if (!results[i]) moved.push(writers[i]!)
        open = moved
      }
    }

    /** The write that brings an item up to the delta's last event; undefined where it is there already. */
    function merge(delta: Delta, stored: Item | undefined): ItemWrite | undefined {
      if (stored === undefined) return { item: item(delta, delta.cells), expected: undefined }
      if (comparePositions(stored.position, positionOf(delta.last)) >= 0) return undefined
      const isAfter = comparePositions(stored.position, positionOf(delta.first)) < 0
      const cells = isAfter ? delta.cells : rest(delta, stored.position)
      return {
        item: item(delta, combineCells(delta.folder.kinds, stored.cells, cells)),
        expected: stored.position,
      }
    }

    /** The delta's cells again, from its events after a position. */
    function rest(delta: Delta, after: Position): Delta['cells'] {
      const later = recordsOfEntries
        .flat()
        .filter(
          entry =>
            entry.partition === delta.key.partition &&
            comparePositions(entry, after) > 0 &&
            isOfType(delta, entry),
        )
      const again = fold(delta.folder, later).find(
        ({ key }) => key.id === delta.key.id && key.epoch === delta.key.epoch,
      )
      return again!.cells
    }
  }

  function isOfType({ folder }: Delta, { event }: Entry): boolean {
    return lanes.get(event.type)?.folders.includes(folder as Folder) ?? false
  }

  /** Claims the markers and notes on each entry whether it is a duplicate. */
  async function judge(records: readonly (readonly Entry[])[]): Promise<void> {
    const claims: Claim[] = []
    const claimants: (readonly Entry[])[] = []
    for (const entries of records) {
      const first = entries[0]!
      if (lanes.get(first.event.type)?.dedupe === 'record') {
        claims.push({ ...first, key: entries.map(({ key }) => key).join('\u001e') })
        claimants.push(entries)
        continue
      }
      for (const entry of entries) {
        claims.push(entry)
        claimants.push([entry])
      }
    }
    const verdicts = await markers.claim(claims)
    for (let i = 0; i < verdicts.length; i++) {
      if (verdicts[i] === 'duplicate') for (const entry of claimants[i]!) entry.duplicate = true
    }
  }
}

function newest(records: readonly (readonly Entry[])[]): number {
  const last = records.at(-1)?.at(-1)
  return last === undefined ? 0 : receivedAt(last.event.tbreceipt)
}

function positionOf({ sequence, index }: Entry): Position {
  return { sequence, index }
}

function item(delta: Delta, cells: Item['cells']): Item {
  return { ...delta.key, position: positionOf(delta.last), cells }
}

function readAll(records: readonly SpeedRecord[]): {
  recordsOfEntries: readonly Entry[][]
  unreadable: SpeedOutcome['unreadable']
} {
  const recordsOfEntries: Entry[][] = []
  const unreadable: { index: number; reason: string }[] = []
  records.forEach(({ sequence, partition, data }, at) => {
    try {
      const events = readRecord(data)
      recordsOfEntries.push(
        events.map((event, index) => {
          const key = markerKey(event)
          return { event, key, epoch: event.tbepoch, sequence, index, partition, duplicate: false }
        }),
      )
    } catch (error) {
      unreadable.push({ index: at, reason: error instanceof Error ? error.message : String(error) })
    }
  })
  return { recordsOfEntries, unreadable }
}

/** Entries by event type, in stream order. All events of a record have one type. */
function byType(records: readonly Entry[][]): ReadonlyMap<string, readonly Entry[]> {
  const types = new Map<string, Entry[]>()
  for (const entries of records) {
    const type = entries[0]!.event.type
    const known = types.get(type)
    if (known === undefined) types.set(type, [...entries])
    else for (const entry of entries) known.push(entry)
  }
  return types
}
