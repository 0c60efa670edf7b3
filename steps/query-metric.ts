import { tallyId } from '../core/cells/tally.ts'
import type { Group } from '../core/data/group.ts'
import { floorTo, formatInstant, WINDOWS, type Window } from '../core/data/time.ts'
import type { Metric } from '../core/declare/metric-plan.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { TributaryError } from '../core/errors.ts'
import { present } from '../core/fold/present.ts'
import { exactGroup, rollUp } from '../core/fold/rollup.ts'
import type { MeasureValue } from '../core/measures/measure-type.ts'
import type { Holds } from '../core/ports/holds.ts'
import type { BatchViews, Boundary, MetricPartial, PartialQuery, RealTimeViews } from '../core/ports/views.ts'

import { type ShownHold, showHold } from './batch/held.ts'

/** A question to a metric. Absent parts mean: everything, as declared. */
export type MetricQuery = {
  readonly name: string
  /** First instant, ms; windows that start before it are left out. */
  readonly from?: number
  /** First instant no longer asked for, ms. */
  readonly to?: number
  readonly window?: Window
  readonly by?: readonly string[]
  readonly where: Group
  readonly layer: 'merged' | 'batch' | 'speed'
}

export type MetricAnswer = {
  readonly metric: string
  readonly window: Window
  /** Sorted by window, then group. */
  readonly rows: readonly {
    readonly window: string
    readonly group: Group
    readonly values: Readonly<Record<string, MeasureValue>>
  }[]
  readonly provenance: {
    /** Last epoch that came from the batch layer. */
    readonly boundary: string | null
    /** Run that made it. */
    readonly run: string | null
    readonly asOf: string
    /** How far the speed layer is behind ingest. */
    readonly lagMs: number
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
  /** How far the speed layer is behind ingest, ms. */
  readonly speedLag: () => Promise<number>
  readonly now: () => number
}

export type QueryMetric = (query: MetricQuery) => Promise<MetricAnswer>

/** Most partials a query combines. */
const MAX_PARTIALS = 200_000
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
    const window = query.window ?? metric.window
    const [{ boundary, partials }, lagMs, held] = await Promise.all([
      read(metric, query, window),
      speedLag(),
      heldOf(metric),
    ])
    const by = query.by ?? metric.by.map(field => field.name)
    const rows = rollUp(metric, partials, { window, by, where: query.where }).map(row => ({
      window: formatInstant(row.window),
      group: row.group,
      values: present(metric, row.cells, window),
    }))
    return {
      metric: metric.name,
      window,
      rows,
      provenance: {
        boundary: boundary === undefined ? null : formatInstant(boundary.epoch),
        run: boundary?.run ?? null,
        asOf: new Date(now()).toISOString(),
        lagMs,
        ...(held !== undefined && { held }),
      },
    }
  }

  async function heldOf({ id, type }: Metric): Promise<ShownHold | undefined> {
    const held = (await holds.list()).find(each => each.id === id || each.id === tallyId(type))
    return held && showHold(pipeline, held)
  }

  async function read(metric: Metric, query: MetricQuery, window: Window) {
    const group = exactGroup(metric.by, query.where)
    const range: PartialQuery = {
      metric: metric.id,
      ...alignedRange(query, WINDOWS[window]),
      groups: group === undefined ? undefined : [group],
      limit: MAX_PARTIALS,
    }
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

/** The range of declared windows whose coarser windows start in [from, to). */
function alignedRange(
  { from, to }: MetricQuery,
  length: number,
): { from: number | undefined; to: number | undefined } {
  const up = (ms: number | undefined) => (ms === undefined ? undefined : -floorTo(-ms, length))
  return { from: up(from), to: up(to) }
}
