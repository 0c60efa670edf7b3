import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { CellKind } from '../../../core/cells/cells.ts'
import { type MetricShapes, windowsBetween } from '../../../core/declare/metric-kinds.ts'
import { TributaryError } from '../../../core/errors.ts'
import { createGathering, type Gathering } from '../../../core/fold/rollup.ts'
import type { BatchQuery, BatchViews, MetricPartial, PartialWrite } from '../../../core/ports/views.ts'
import { getItems, writeItems } from '../../aws/dynamodb/batches.ts'
import { queryItems } from '../../aws/dynamodb/query.ts'
import { type Access, type Attributes, type Key, keyText, WIDTH } from '../../aws/dynamodb/table.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import { timeLeftOf } from '../../aws/retry.ts'
import { instantText } from '../dynamodb-real-time/layout.ts'
import { packVersion, partialKey, partialPk, partialPks, placeIn, visibleCells, withVersion } from './item.ts'
import { type MetricState, putBoundary, readState, type Windows, widenWindows } from './state.ts'

/** Settings of `createDynamodbBatchViews`. */
export type DynamodbBatchOptions = {
  readonly client: DynamoDBClient
  /** Table with the keys `pk` and `sk` (texts). */
  readonly table: string
  readonly shapes: MetricShapes
  /** Milliseconds that one call may take. Default 25 s: an HTTP API waits 30. */
  readonly timeoutMs?: number
}

/** Partials looked up one by one rather than by reading the range: ten calls of BatchGetItem. */
const MAX_LOOKUPS = 1000
/** How often the boundary may move under a query before it is given up. */
const MAX_ATTEMPTS = 5

/**
 * Batch views as items of a DynamoDB table: one a metric, window and group, with the newest version and,
 * until the next generation is written, the one before it. One run at a time may write a metric.
 *
 * | pk | sk | |
 * |---|---|---|
 * | `<metric>\|state` | `boundary`, `windows` | the boundary; first and last window |
 * | `\|held` | `<mode>\|<id>` | what is held (drivers/holds/dynamodb.ts) |
 * | `<metric>\|<hash of group mod 8>` | `<window>\|<hash of group>` | two versions of a partial |
 *
 * DynamoDB has no snapshot over items. A generation is written over the version before the committed one,
 * never over the committed: while the boundary stays, what it shows stays too. So a reader reads the
 * boundary, the partials and the boundary again, and starts over where that has moved.
 *
 * @throws (each call) TributaryError `overloaded`, `timeout`, `unavailable`, `storage_failed`
 */
export function createDynamodbBatchViews(options: DynamodbBatchOptions): BatchViews {
  const { client, table, shapes, timeoutMs = 25_000 } = options
  const begin = (): Access => ({ client, table, timeLeft: timeLeftOf(timeoutMs) })

  return {
    async boundary(metric) {
      return (await readState(begin(), metric)).boundary
    },

    async query(query) {
      const { metric } = query
      const shape = shapes(metric)
      return settled(begin(), metric, async (access, { boundary, windows }) => {
        if (boundary === undefined || windows === undefined) return { boundary, partials: [] }
        const reading = { access, query, windows, ...shape, committed: boundary.generation }
        return { boundary, partials: await readPartials(reading) }
      })
    },

    async read(metric, keys) {
      const { kinds } = shapes(metric)
      return settled(begin(), metric, async (access, { boundary }) => {
        if (boundary === undefined) return keys.map(() => undefined)
        const places = keys.map(key => partialKey(metric, key))
        const items = await getItems(access, unique(places))
        return places.map(key => visibleCells(kinds, items.get(keyText(key)), boundary.generation))
      })
    },

    async write(metric, generation, entries) {
      const access = begin()
      const { boundary, windows } = await readState(access, metric)
      const committed = boundary?.generation ?? 0
      if (generation <= committed)
        throw new TributaryError('conflict', `generation ${generation} of ${metric} is committed already`)
      if (entries.length === 0) return
      await widenWindows(access, metric, windows, windowsIn(entries))
      await writeVersions({ access, metric, generation, committed, kinds: shapes(metric).kinds }, entries)
    },

    async moveBoundary(metric, boundary) {
      await putBoundary(begin(), metric, boundary)
    },
  }
}

/** What `read` makes of a state that has not moved meanwhile. */
async function settled<T>(
  access: Access,
  metric: string,
  read: (access: Access, state: MetricState) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const state = await readState(access, metric)
    const result = await read(access, state)
    const { boundary } = await readState(access, metric)
    if (boundary?.generation === state.boundary?.generation) return result
  }
  throw new TributaryError(
    'overloaded',
    `the boundary of ${metric} moved ${MAX_ATTEMPTS} times during a read of the batch views`,
  )
}

type Reading = {
  readonly access: Access
  readonly query: BatchQuery
  readonly windows: Windows
  readonly kinds: readonly CellKind[]
  readonly windowLength: number
  readonly committed: number
}

async function readPartials(reading: Reading): Promise<readonly MetricPartial[]> {
  const { access, query, windows, windowLength, kinds } = reading
  const { metric, groups, rollup, limit, without } = query
  const gathering = createGathering(kinds, rollup, limit, without)
  const first = Math.max(query.from ?? windows.first, windows.first)
  const end = Math.min(query.to ?? windows.last + 1, windows.last + 1)
  const asked = windowsBetween(first, end, windowLength, MAX_LOOKUPS)
  if (groups !== undefined && asked !== undefined && asked.length * groups.length <= MAX_LOOKUPS) {
    const keys = asked.flatMap(window => groups.map(group => partialKey(metric, { window, group })))
    const items = await getItems(access, unique(keys))
    for (const item of items.values()) addItem(gathering, item, reading)
  } else await readRange(reading, gathering, first, end)
  return gathering.rows()
}

async function readRange(reading: Reading, gathering: Gathering, first: number, end: number): Promise<void> {
  const { access, query } = reading
  const { metric } = query
  const groups = query.groups && new Set(query.groups)
  const pks = groups ? new Set([...groups].map(group => partialPk(metric, group))) : partialPks(metric)
  const range = { from: instantText(first), to: instantText(end) }
  await inParallel(pks, WIDTH, async pk => {
    for await (const items of queryItems(access, { pk, ...range }))
      for (const item of items)
        if (groups === undefined || groups.has(placeIn(item).group)) addItem(gathering, item, reading)
  })
}

function addItem(gathering: Gathering, item: Attributes, { kinds, committed }: Reading): void {
  const { window, group } = placeIn(item)
  gathering.add(window, group, () => visibleCells(kinds, item, committed))
}

type Writing = {
  readonly access: Access
  readonly metric: string
  readonly generation: number
  readonly committed: number
  readonly kinds: readonly CellKind[]
}

/** Of two entries of one key the later holds. */
async function writeVersions(writing: Writing, entries: readonly PartialWrite[]): Promise<void> {
  const { access, metric, generation, committed, kinds } = writing
  const latest = new Map(entries.map(entry => [keyText(partialKey(metric, entry)), entry]))
  const keys = [...latest.values()].map(entry => partialKey(metric, entry))
  const before = await getItems(access, keys)
  const requests = [...latest].map(([text, { group, cells }], i) => {
    const version = { generation, cells: packVersion(kinds, cells) }
    const Item = withVersion(keys[i]!, group, version, before.get(text), committed)
    return { PutRequest: { Item } }
  })
  await writeItems(access, requests)
}

function windowsIn(entries: readonly PartialWrite[]): Windows {
  let [first, last] = [Infinity, -Infinity]
  for (const { window } of entries) {
    if (window < first) first = window
    if (window > last) last = window
  }
  return { first, last }
}

function unique(keys: readonly Key[]): readonly Key[] {
  return [...new Map(keys.map(key => [keyText(key), key])).values()]
}
