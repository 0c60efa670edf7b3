import { setImmediate as yieldToEvents } from 'node:timers/promises'
import type { RootDatabase } from 'lmdb'
import type { MetricShapes } from '../../../core/declare/metric-kinds.ts'
import { TributaryError, toTributaryError } from '../../../core/errors.ts'
import { checkedBytes, checkedValue, readChecked, readCheckedBytes } from '../../lmdb/checked-value.ts'
import type { MarkersPlace } from '../../markers/table/place.ts'
import { GROUP_CHUNK, noteBlockAgain, packBlock, unpackBlock } from './blocks.ts'
import { allRows, rowsIn } from './epochs.ts'
import { groupNumber } from './groups.ts'
import type { MemoryViews } from './memory.ts'
import { type Rows, rehash } from './rows.ts'

/**
 * Keeps memory views durable in LMDB: the blocks of rows that changed since the last checkpoint, then the
 * stream position up to which all are in.
 *
 * Rows may be newer than the position, for events go on being applied while a checkpoint is written. That is
 * harmless: each row knows its own last position, so replaying the stream from the checkpoint's position
 * changes only what it must.
 */
export type ViewsCheckpoint = {
  /** Stream position to replay from; undefined when nothing was ever written. */
  readonly position: number | undefined
  /**
   * Makes everything applied up to `position` durable, and notes how far the markers are. One at a time.
   */
  save(position: number, markers?: MarkersPlace): Promise<void>
  /** Forgets all items, in memory and on disk, and sets the position. */
  reset(position: number): Promise<void>
  /** Items waiting for the next checkpoint. */
  dirty(): number
}

/** Blocks packed between two turns of the event loop: well below a millisecond. */
const STRIDE = 16
/** Removals between two waits. */
const REMOVAL_STRIDE = 100
const POSITION = 'position'
const MARKERS = 'markers'
/** Blocks loaded between two words about it. */
const TELL_EVERY = 256

/** Key of a block of rows, or of a chunk of groups. */
type Key = [metric: string, epoch: number, place: number]
type Dropped = { readonly metric: string; readonly epoch: number }
type Saving = { readonly rows: Rows; readonly blocks: readonly number[] }

/**
 * Attaches a checkpoint to views and loads what the last one kept.
 *
 * @param place what messages call the environment
 * @param progress told how much is loaded
 * @throws `corrupt_data` naming it
 */
export function openViewsCheckpoint(
  root: RootDatabase,
  views: MemoryViews,
  shapes: MetricShapes,
  place = 'real-time',
  progress: (how: string) => void = () => undefined,
): ViewsCheckpoint {
  const blocks = root.openDB<Buffer, Key>({ name: 'real-time-blocks', encoding: 'binary' })
  const groups = root.openDB<string, Key>({ name: 'real-time-groups', encoding: 'string' })
  const meta = openMeta(root)
  let dropped: Dropped[] = []
  views.onDrop = (metric, epoch) => dropped.push({ metric, epoch })
  load()

  return {
    position: checkpointPosition(root, place),
    dirty: () => [...allRows(views.index)].reduce((sum, { changes }) => sum + changes, 0),
    async save(position, markers) {
      const removing = dropped
      dropped = []
      const saving = takeChanged()
      try {
        await removeDropped(removing)
        await putAll(saving)
        if (markers !== undefined) await meta.put(MARKERS, checkedValue(MARKERS, markers))
        await meta.put(POSITION, checkedValue(POSITION, position))
        await root.flushed
      } catch (error) {
        // Nothing may be forgotten: what could not be written has changed since the last checkpoint.
        for (const { rows, blocks } of saving) for (const block of blocks) noteBlockAgain(rows, block)
        for (const { rows } of saving) rows.groups.saved = 0
        dropped = [...removing, ...dropped]
        const detail = `the real-time checkpoint failed: ${toTributaryError(error).message}`
        throw new TributaryError('storage_failed', detail, { cause: error })
      }
    },
    async reset(position) {
      for (const [metric] of views.index) await views.drop(metric, 'all')
      dropped = []
      await blocks.clearAsync()
      await groups.clearAsync()
      await meta.put(POSITION, checkedValue(POSITION, position))
      await root.flushed
    },
  }

  function load(): void {
    for (const { key, value } of groups.getRange()) {
      const rows = declaredRows(key)
      if (rows === undefined) continue
      for (const text of readChecked<string[]>(place, key, value)) groupNumber(rows.groups, text)
      rows.groups.saved = rows.groups.texts.length
    }
    const all = entriesIn(blocks)
    let loaded = 0
    for (const { key, value } of blocks.getRange()) {
      if (loaded++ % TELL_EVERY === 0) progress(`real-time views, block ${loaded} of ${all}`)
      const rows = declaredRows(key)
      if (rows !== undefined) unpackBlock(rows, readCheckedBytes(place, key, value))
    }
    for (const rows of allRows(views.index)) rehash(rows)
  }

  /**
   * Undefined for a metric that is no longer declared. Its items go with the next checkpoint: they are of no
   * use to anybody, and once it is declared again they lack what came in between.
   */
  function declaredRows([metric, epoch]: Key): Rows | undefined {
    try {
      return rowsIn(views.index, metric, epoch, shapes(metric).kinds)
    } catch (error) {
      if (!(error instanceof TributaryError && error.code === 'not_found')) throw error
      const last = dropped.at(-1)
      if (last?.metric !== metric || last.epoch !== epoch) dropped.push({ metric, epoch })
      return undefined
    }
  }

  /** Takes the changes of every epoch, so that later ones gather for the next checkpoint. */
  function takeChanged(): readonly Saving[] {
    return [...allRows(views.index)].map(rows => {
      const blocks = [...rows.changedBlocks]
      rows.changedBlocks = new Set()
      return { rows, blocks }
    })
  }

  async function putAll(saving: readonly Saving[]): Promise<void> {
    let written = 0
    const texts: Promise<boolean>[] = []
    let last: Promise<boolean> | undefined
    for (const { rows, blocks: changed } of saving) {
      for (const block of changed) {
        // Dropped meanwhile: writing it would bring it back.
        if (views.index.get(rows.metric)?.get(rows.epoch) !== rows) break
        texts.push(...putGroups(rows))
        const key: Key = [rows.metric, rows.epoch, block]
        last = blocks.put(key, checkedBytes(key, packBlock(rows, block)))
        if (++written % STRIDE === 0) await yieldToEvents()
      }
    }
    await Promise.all([...texts, last])
  }

  /** Puts commit in order: whatever block is found after a crash, the texts of its groups are there. */
  function putGroups({ metric, epoch, groups: all }: Rows): readonly Promise<boolean>[] {
    const puts: Promise<boolean>[] = []
    while (all.saved < all.texts.length) {
      const chunk = Math.floor(all.saved / GROUP_CHUNK)
      const texts = all.texts.slice(chunk * GROUP_CHUNK, (chunk + 1) * GROUP_CHUNK)
      const key: Key = [metric, epoch, chunk]
      puts.push(groups.put(key, checkedValue(key, texts)))
      all.saved = chunk * GROUP_CHUNK + texts.length
    }
    return puts
  }

  async function removeDropped(removing: readonly Dropped[]): Promise<void> {
    for (const { metric, epoch } of removing)
      for (const store of [blocks, groups]) {
        let removed = 0
        // Removals commit in order, so waiting for one now and then waits for all before it and bounds the
        // queue.
        const range = {
          start: [metric, epoch, 0] as Key,
          end: [metric, epoch + 1, 0] as Key,
          snapshot: false,
        }
        for (const key of store.getKeys(range)) {
          const removal = store.remove(key)
          if (++removed % REMOVAL_STRIDE === 0) await removal
        }
      }
  }
}

const entriesIn = (store: { getStats(): object }) => (store.getStats() as { entryCount: number }).entryCount

const openMeta = (root: RootDatabase) => root.openDB<number | string, string>({ name: 'real-time-meta' })

/** The position of a checkpoint; undefined where nothing was ever written. @throws `corrupt_data` */
export function checkpointPosition(root: RootDatabase, place: string): number | undefined {
  const stored = openMeta(root).get(POSITION)
  // A number alone is as an earlier version wrote it.
  return typeof stored === 'string' ? readChecked<number>(place, POSITION, stored) : stored
}

/** How far markers were when a checkpoint was made; undefined where an earlier version made it. */
export function checkpointMarkers(root: RootDatabase, place: string): MarkersPlace | undefined {
  const stored = openMeta(root).get(MARKERS)
  return typeof stored === 'string' ? readChecked<MarkersPlace>(place, MARKERS, stored) : undefined
}
