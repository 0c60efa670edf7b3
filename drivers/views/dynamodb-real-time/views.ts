import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { MetricShape, MetricShapes } from '../../../core/declare/metric-kinds.ts'
import { createGathering } from '../../../core/fold/rollup.ts'
import type { Item, ItemKey, OpenEpoch, RealTimeViews } from '../../../core/ports/views.ts'
import { writeItems } from '../../aws/dynamodb/batches.ts'
import { queryItems } from '../../aws/dynamodb/query.ts'
import { type Access, keyAttributes, keyOf, WIDTH } from '../../aws/dynamodb/table.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import { timeLeftOf } from '../../aws/retry.ts'
import { cellsOf, positionOf } from './bucket.ts'
import { type ListedEpoch, listEpochs, removeEpoch } from './directory.ts'
import { createEpochs } from './epochs.ts'
import { defaultLayout, type Layout, spreadPk } from './layout.ts'
import { type Home, type Knowledge, locate, type Sought } from './locate.ts'
import { readEpoch } from './read-epoch.ts'
import { createRecall } from './recall.ts'
import { scanItems } from './scan.ts'
import { writeConditionally } from './write.ts'

/** Settings of `createDynamodbRealTimeViews`. */
export type DynamodbRealTimeOptions = {
  readonly client: DynamoDBClient
  /** Table with the keys `pk` and `sk` (texts) and `expires` as its time to live. */
  readonly table: string
  readonly shapes: MetricShapes
  /** How the items of a metric are packed and spread. */
  readonly layoutOf?: (shape: MetricShape, metric: string) => Layout
  /** Milliseconds that one call may take. Default 20 s. */
  readonly timeoutMs?: number
  /**
   * Milliseconds that reading a whole epoch to compare it may take: two million keys are 100,000 items.
   * Default ten minutes.
   */
  readonly epochTimeoutMs?: number
  /**
   * Days after which an epoch that nobody drops is deleted; far more than the batch layer may stand still.
   * Default 90.
   */
  readonly keepDays?: number
  /** ms since 1970. */
  readonly now?: () => number
}

/**
 * Items outlive their directory entry by this, so that an epoch goes as a whole: what is not listed is not
 * read.
 */
const ITEMS_LONGER_DAYS = 7
const DAY_SECONDS = 86_400

/**
 * Real-time views as items of a DynamoDB table. Groups of one metric, epoch, lane and window share a physical
 * item up to a write unit (layout.ts), written on the condition that its version has not moved.
 *
 * | pk | sk | |
 * |---|---|---|
 * | `<metric>\|epochs` | `<epoch>` | an epoch that has items, and their layout |
 * | `<metric>\|<epoch>\|<lane mod spread>` | `<window>\|<way>\|<lane>` | items of groups |
 *
 * Safe to call from any number of processes. `expires` is a net for epochs that nobody drops; reads take no
 * notice of it, for what is past it but not dropped is not published either.
 *
 * @throws (each call) TributaryError `overloaded`, `timeout`, `unavailable`, `storage_failed`; writes made
 * before stay made
 */
export function createDynamodbRealTimeViews(
  options: DynamodbRealTimeOptions,
): RealTimeViews & { readonly openEpoch: OpenEpoch } {
  const { client, table, shapes, now = Date.now } = options
  const { layoutOf = defaultLayout, timeoutMs = 20_000, epochTimeoutMs = 600_000, keepDays = 90 } = options
  const epochs = createEpochs(metric => layoutOf(shapes(metric), metric))
  const recall = createRecall()
  const depth = new Map<string, number>()
  const begin = (): Access => ({ client, table, timeLeft: timeLeftOf(timeoutMs) })
  const expires = (days: number) => Math.ceil(now() / 1000) + days * DAY_SECONDS
  const learning = (recalls: boolean): Knowledge => ({
    buckets: new Map(),
    stale: new Set(),
    recall: text => (recalls ? recall.take(text) : undefined),
    depth,
  })

  return {
    async read(keys) {
      const access = begin()
      const layouts = await epochs.find(access, keys)
      const places = [...keys.keys()].filter(i => layouts[i] !== undefined)
      const sought = places.map((i): Sought => ({ item: keys[i]!, layout: layouts[i]! }))
      const knowledge = learning(false)
      const homes = await locate(access, sought, knowledge)
      recall.keep(knowledge.buckets)
      const items: (Item | undefined)[] = keys.map(() => undefined)
      places.forEach((place, i) => {
        items[place] = itemIn(homes[i]!, keys[place]!, shapes)
      })
      return items
    },

    async write(writes) {
      const access = begin()
      const items = writes.map(({ item }) => item)
      const layouts = await epochs.enter(access, items, expires(keepDays))
      const placed = writes.map((write, place) => ({ place, write, layout: layouts[place]! }))
      const context = { access, shapes, knowledge: learning(true) }
      return writeConditionally({ ...context, expires: expires(keepDays + ITEMS_LONGER_DAYS) }, placed)
    },

    async query({ metric, from, to, groups, rollup, after, through, limit }) {
      const access = begin()
      const { kinds } = shapes(metric)
      const listed = await listEpochs(access, metric, after, through)
      const scan = {
        ...{ metric, kinds, from, to, groups: groups && new Set(groups) },
        epochs: listed.filter(({ epoch }) => after === undefined || epoch > after),
      }
      const gathering = createGathering(kinds, rollup, limit)
      await scanItems(access, scan, gathering)
      return gathering.rows()
    },

    async epoch({ metric, epoch, keys, findUnlisted = false }) {
      const reader = await readEpoch(begin(), shapes(metric).kinds, metric, epoch)
      const total = (await reader.rest()).count
      const cells = await reader.take(keys)
      return { cells, total, unlisted: findUnlisted ? (await reader.rest()).keys : [] }
    },

    openEpoch(metric, epoch) {
      const access = { client, table, timeLeft: timeLeftOf(epochTimeoutMs) }
      return readEpoch(access, shapes(metric).kinds, metric, epoch)
    },

    async drop(metric, through) {
      const access = begin()
      const isOver = through !== 'all'
      for (const entry of await listEpochs(access, metric, undefined, isOver ? through : undefined)) {
        await inParallel(spreadsOf(metric, entry), WIDTH, pk => removeItems(access, pk))
        // Other containers know the epoch as entered, and would write to it without entering it again.
        if (isOver) await removeEpoch(access, metric, entry.epoch)
      }
      if (isOver) epochs.forget(metric, through)
    },
  }
}

function itemIn({ bucket }: Home, key: ItemKey, shapes: MetricShapes): Item | undefined {
  const { id, metric, group, window, epoch, lane } = key
  const line = bucket.lines.get(group)
  if (line === undefined) return undefined
  const cells = cellsOf(shapes(metric).kinds, line)
  return { id, metric, group, window, epoch, lane, position: positionOf(line), cells }
}

function spreadsOf(metric: string, { epoch, layout }: ListedEpoch): readonly string[] {
  return Array.from({ length: layout.spread }, (_, spread) => spreadPk(metric, epoch, spread))
}

async function removeItems(access: Access, pk: string): Promise<void> {
  for await (const items of queryItems(access, { pk, from: '0', to: '~', keysOnly: true }))
    await writeItems(
      access,
      items.map(item => ({ DeleteRequest: { Key: keyAttributes(keyOf(item)) } })),
    )
}
