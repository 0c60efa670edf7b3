import { hash } from 'node:crypto'
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import type { RootDatabase } from 'lmdb'
import { formatCells, parseCells } from '../../../core/cells/cells.ts'
import { padSequence } from '../../../core/data/position.ts'
import type { MetricShapes } from '../../../core/declare/metric-kinds.ts'
import { TributaryError, toTributaryError } from '../../../core/errors.ts'
import { type Item, itemId } from '../../../core/ports/views.ts'
import { type EpochItems, itemsOf, place, type Slot } from './epochs.ts'
import type { MemoryViews } from './memory.ts'

/**
 * Keeps memory views durable in LMDB: the items changed since the last checkpoint, then the stream position up to which
 * all are in.
 *
 * The items may be newer than the position, for events go on being applied while a checkpoint is written. That is harmless:
 * each item knows its own last position, so replaying the stream from the checkpoint's position changes only what it must.
 */
export type ViewsCheckpoint = {
  /** Stream position to replay from; undefined when nothing was ever written. */
  readonly position: number | undefined
  /** Makes everything applied up to `position` durable. One at a time. */
  save(position: number): Promise<void>
  /** Forgets all items, in memory and on disk, and sets the position. */
  reset(position: number): Promise<void>
  /** Items waiting for the next checkpoint. */
  dirty(): number
}

/** Items encoded between two turns of the event loop: well below a millisecond. */
const STRIDE = 100
const POSITION = 'position'
/** LMDB keys end at 1,978 bytes; longer ids are kept by their hash. */
const MAX_ID = 1000

type Stored = [sequence: string, index: number, lane: number, window: number, group: string, cells: string]

/** Attaches a checkpoint to views and loads what the last one kept. */
export function openViewsCheckpoint(
  root: RootDatabase,
  views: MemoryViews,
  shapes: MetricShapes,
): ViewsCheckpoint {
  const stored = root.openDB<string, [string, number, string]>({
    name: 'real-time-items',
    encoding: 'string',
  })
  const meta = root.openDB<number, string>({ name: 'real-time-meta' })
  let dropped: { metric: string; epoch: number }[] = []
  views.onDrop = (metric, epoch) => dropped.push({ metric, epoch })
  load()

  return {
    position: meta.get(POSITION),
    dirty: () => [...allItems()].reduce((sum, { changed }) => sum + changed.length, 0),
    async save(position) {
      const removing = dropped
      dropped = []
      const saving = takeChanged()
      try {
        await removeDropped(removing)
        await putAll(saving)
        await meta.put(POSITION, position)
        await root.flushed
      } catch (error) {
        // Nothing may be forgotten: what could not be written has changed since the last checkpoint.
        for (const { items, slots } of saving) noteAgain(items, slots)
        dropped = [...removing, ...dropped]
        throw new TributaryError(
          'storage_failed',
          `the real-time checkpoint failed: ${toTributaryError(error).message}`,
          {
            cause: error,
          },
        )
      }
    },
    async reset(position) {
      for (const [metric] of views.index) await views.drop(metric, 'all')
      dropped = []
      await stored.clearAsync()
      await meta.put(POSITION, position)
      await root.flushed
    },
  }

  function load(): void {
    for (const { key, value } of stored.getRange()) {
      const [metric, epoch] = key
      const [sequence, index, lane, window, group, cells] = JSON.parse(value) as Stored
      const kinds = kindsOf(metric)
      if (kinds === undefined) continue
      const id = itemId(group, window, lane)
      const position = { sequence: padSequence(sequence), index }
      const items = itemsOf(views.index, metric, epoch)
      const item = {
        id,
        metric,
        epoch,
        lane,
        window,
        group,
        position,
        cells: parseCells(kinds, cells),
      }
      place(items, item, undefined)
      items.changed.at(-1)!.changed = false
    }
    takeChanged()
  }

  /** Undefined for a metric that is no longer declared: its items are of no use to anybody. */
  function kindsOf(metric: string) {
    try {
      return shapes(metric).kinds
    } catch (error) {
      if (error instanceof TributaryError && error.code === 'not_found') return undefined
      throw error
    }
  }

  /** Takes the changes of every epoch, so that later ones gather for the next checkpoint. */
  function takeChanged(): readonly { items: EpochItems; slots: readonly Slot[] }[] {
    return [...allItems()].map(items => {
      const slots = items.changed
      items.changed = []
      return { items, slots }
    })
  }

  /** A slot that was written and has changed since is then noted twice, which only costs a write. */
  function noteAgain(items: EpochItems, slots: readonly Slot[]): void {
    for (const slot of slots) {
      slot.changed = true
      items.changed.push(slot)
    }
  }

  function* allItems(): Generator<EpochItems> {
    for (const epochs of views.index.values()) yield* epochs.values()
  }

  async function putAll(saving: ReturnType<typeof takeChanged>): Promise<void> {
    let written = 0
    let last: Promise<boolean> | undefined
    for (const { items, slots } of saving) {
      for (const slot of slots) {
        const { item } = slot
        // Dropped meanwhile: writing it would bring it back.
        if (views.index.get(item.metric)?.get(item.epoch) !== items) break
        slot.changed = false
        last = stored.put(keyOf(item), encode(item))
        if (++written % STRIDE === 0) await yieldToEvents()
      }
    }
    await last
  }

  function encode({ metric, position, lane, window, group, cells }: Item): string {
    const sequence = position.sequence.replace(/^0+/, '')
    const stored: Stored = [
      sequence,
      position.index,
      lane,
      window,
      group,
      formatCells(shapes(metric).kinds, cells),
    ]
    return JSON.stringify(stored)
  }

  async function removeDropped(removing: readonly { metric: string; epoch: number }[]): Promise<void> {
    for (const { metric, epoch } of removing) {
      let removed = 0
      // Removals commit in order, so waiting for one now and then waits for all before it and bounds the queue.
      for (const key of stored.getKeys({
        start: [metric, epoch, ''],
        end: [metric, epoch + 1, ''],
        snapshot: false,
      })) {
        const removal = stored.remove(key)
        if (++removed % STRIDE === 0) await removal
      }
    }
  }
}

function keyOf({ metric, epoch, id }: Item): [string, number, string] {
  return [metric, epoch, id.length <= MAX_ID / 4 ? id : `#${hash('sha256', id, 'hex')}`]
}
