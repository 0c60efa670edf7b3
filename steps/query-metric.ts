import { tallyId } from '../core/cells/tally.ts'
import type { CalendarWindow } from '../core/data/calendar.ts'
import { parseGroup } from '../core/data/group.ts'
import { floorTo, formatInstant } from '../core/data/time.ts'
import type { Metric } from '../core/declare/metric-plan.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { TributaryError } from '../core/errors.ts'
import { present } from '../core/fold/present.ts'
import { createGathering, exactGroups, MAX_ROWS } from '../core/fold/rollup.ts'
import { calendarOf, mustFit, rangeToRead } from '../core/fold/rollup-windows.ts'
import { compareGroups, type Order, orderRows, type ShownRow } from '../core/fold/row-order.ts'
import type { CountedSince } from '../core/ports/counted-since.ts'
import type { Holds } from '../core/ports/holds.ts'
import type {
  BatchViews,
  Boundary,
  MetricPartial,
  PartialQuery,
  RealTimeViews,
  RollupWindows,
  Where,
} from '../core/ports/views.ts'

import { type ShownHold, showHold } from './batch/held.ts'
import type { AsOf } from './history/past-moment.ts'
import type { ReadPast } from './history/read-past.ts'

/** A question to a metric. Absent parts mean: everything, as declared. */
export type MetricQuery = {
  readonly name: string
  /** First instant, ms; windows that start before it are left out. */
  readonly from?: number
  /** First instant no longer asked for, ms. */
  readonly to?: number
  readonly window?: CalendarWindow
  /** Whose days and longer windows are meant, by its IANA name; UTC where there is none. */
  readonly timezone?: string
  readonly by?: readonly string[]
  readonly where: Where
  readonly layer: 'merged' | 'batch' | 'speed'
  /** By window and group where there is none. */
  readonly order?: readonly Order[]
  /** Most rows to show. */
  readonly limit?: number
  /** As what was known at a moment says: of the batch layer alone, which `layer` says too. */
  readonly asOf?: AsOf
}

export type MetricAnswer = {
  readonly metric: string
  readonly window: CalendarWindow
  /** Whose windows they are; absent: those of UTC. */
  readonly timezone?: string
  /** As `order` says, and else by window, then group. */
  readonly rows: readonly ShownRow[]
  /** How many rows there are, where `limit` leaves some out. */
  readonly total?: number
  readonly provenance: {
    /** Last epoch that came from the batch layer. */
    readonly boundary: string | null
    /** Run that made it. */
    readonly run: string | null
    /** When it was known. */
    readonly asOf: string
    /** How far the speed layer is behind ingest; 0 of an answer of the past, which has nothing of it. */
    readonly lagMs: number
    /** Version of the batch views that an answer of the past is made of. */
    readonly snapshot?: number
    /**
     * Start of the first epoch from which on live numbers are whole: events received before it, after the
     * boundary, are not all in the answer. Absent where they are.
     */
    readonly since?: string
    /**
     * Why the batch layer's numbers wait, with the epoch they wait at: those shown are under question. Absent
     * where nothing is held.
     */
    readonly held?: ShownHold
  }
}

export type QueryPorts = {
  readonly pipeline: Pipeline
  readonly batchViews: Pick<BatchViews, 'query' | 'boundary'>
  readonly realTimeViews: Pick<RealTimeViews, 'query'>
  readonly holds: Pick<Holds, 'list'>
  readonly countedSince: Pick<CountedSince, 'list'>
  /** Reads what batch views were; undefined where that is not kept. */
  readonly readPast: ReadPast | undefined
  /** ms. */
  readonly epochLength: number
  /** How far the speed layer is behind ingest, ms. */
  readonly speedLag: () => Promise<number>
  readonly now: () => number
}

export type QueryMetric = (query: MetricQuery) => Promise<MetricAnswer>

type Answered = {
  readonly partials: readonly MetricPartial[]
  readonly provenance: MetricAnswer['provenance']
}

/** How often the boundary may move under a query before it is given up. */
const MAX_ATTEMPTS = 5

/**
 * Builds the query step: batch views through the boundary, real-time partials after it.
 *
 * @throws (the step) TributaryError `not_found` for an unknown metric, `too_large` for an answer beyond the
 * limit
 */
export function createQueryMetric({
  pipeline,
  batchViews,
  realTimeViews,
  holds,
  countedSince,
  readPast,
  epochLength,
  speedLag,
  now,
}: QueryPorts): QueryMetric {
  const byName = new Map(pipeline.metrics.map(metric => [metric.name, metric]))

  return async query => {
    const metric = byName.get(query.name)
    if (metric === undefined)
      throw new TributaryError(
        'not_found',
        `no metric is called "${query.name}"; there are ${[...byName.keys()].join(', ')}`,
      )
    const windows = windowsOf(metric, query)
    mustFit(windows, Math.min(query.to ?? Infinity, now()))
    const { partials, provenance } = await (query.asOf === undefined
      ? ofNow(metric, query, windows)
      : ofThen(metric, query, windows, query.asOf))
    const all = orderRows(shownRows(metric, query, windows, partials), query.order ?? [])
    const rows = query.limit === undefined ? all : all.slice(0, query.limit)
    return {
      metric: metric.name,
      window: windows.asked,
      ...(query.timezone !== undefined && { timezone: query.timezone }),
      rows,
      ...(rows.length < all.length && { total: all.length }),
      provenance,
    }
  }

  async function ofNow(metric: Metric, query: MetricQuery, windows: RollupWindows): Promise<Answered> {
    const [{ boundary, partials }, lagMs, held, counted] = await Promise.all([
      read(metric, query, windows),
      speedLag(),
      heldOf(metric),
      query.layer === 'batch' ? undefined : countedSince.list(),
    ])
    const since = counted && sinceOf(counted.get(metric.id), boundary)
    const provenance = {
      boundary: boundary === undefined ? null : formatInstant(boundary.epoch),
      run: boundary?.run ?? null,
      asOf: new Date(now()).toISOString(),
      lagMs,
      ...(since !== undefined && { since: formatInstant(since) }),
      ...(held !== undefined && { held }),
    }
    return { partials, provenance }
  }

  /** Of the batch layer alone: live numbers of then are not kept. */
  async function ofThen(
    metric: Metric,
    query: MetricQuery,
    windows: RollupWindows,
    asOf: AsOf,
  ): Promise<Answered> {
    if (readPast === undefined)
      throw new TributaryError('bad_request', 'asOf: this platform keeps no answers of before; leave it out')
    const { boundary, at, partials } = await readPast(rangeOf(metric, query, windows), asOf)
    const { epoch, run, generation: snapshot } = boundary
    const known = { boundary: formatInstant(epoch), run, asOf: new Date(at).toISOString() }
    return { partials, provenance: { ...known, lagMs: 0, snapshot } }
  }

  async function heldOf({ id, type }: Metric): Promise<ShownHold | undefined> {
    const held = (await holds.list()).find(each => each.id === id || each.id === tallyId(type))
    return held && showHold(pipeline, held)
  }

  /** Since when live numbers are whole, where the batch views do not reach so far. */
  function sinceOf(counted: number | undefined, boundary: Boundary | undefined): number | undefined {
    const since = counted ?? floorTo(now(), epochLength) + epochLength
    return since > 0 && (boundary === undefined || boundary.epoch + epochLength < since) ? since : undefined
  }

  async function read(metric: Metric, query: MetricQuery, windows: RollupWindows) {
    const range = rangeOf(metric, query, windows)
    if (query.layer === 'speed')
      return { boundary: undefined, partials: await realTimeViews.query({ ...range, after: undefined }) }
    if (query.layer === 'batch') return batchViews.query(range)
    return merged(range)
  }

  /** Both layers under one boundary: when it moved between the two reads, they are read again. */
  async function merged(
    range: PartialQuery,
  ): Promise<{ boundary: Boundary | undefined; partials: MetricPartial[] }> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const { boundary, partials } = await batchViews.query(range)
      const recent = await realTimeViews.query({ ...range, after: boundary?.epoch })
      const still = await batchViews.boundary(range.metric)
      if (still?.generation === boundary?.generation) return { boundary, partials: [...partials, ...recent] }
    }
    throw new TributaryError(
      'overloaded',
      `the boundary of ${range.metric} moved ${MAX_ATTEMPTS} times during the query`,
    )
  }
}

/** Which partials a question takes. */
function rangeOf(metric: Metric, { by, where }: MetricQuery, windows: RollupWindows): PartialQuery {
  return {
    metric: metric.id,
    ...rangeToRead(windows),
    groups: exactGroups(metric.by, where),
    rollup: { windows, by, where },
    limit: MAX_ROWS,
  }
}

/** The rows of partials that are rolled up already, those of both layers combined, by window and group. */
function shownRows(
  metric: Metric,
  query: MetricQuery,
  windows: RollupWindows,
  partials: readonly MetricPartial[],
): readonly ShownRow[] {
  const calendar = calendarOf(windows)
  const gathering = createGathering(metric.kinds, undefined, MAX_ROWS)
  for (const { window, group, cells } of partials) gathering.add(window, group, () => cells)
  const by = query.by ?? metric.by.map(field => field.name)
  return gathering
    .rows()
    .map(row => ({ ...row, group: parseGroup(row.group) }))
    .sort((a, b) => a.window - b.window || compareGroups(by, a.group, b.group))
    .map(row => ({
      window: formatInstant(row.window),
      group: row.group,
      values: present(metric, row.cells, calendar.endOf(row.window) - row.window),
    }))
}

function windowsOf(metric: Metric, { window, timezone, from, to }: MetricQuery): RollupWindows {
  return { declared: metric.window, asked: window ?? metric.window, timezone, from, to }
}
