import { type CellValues, parseCells } from '../../core/cells/cells.ts'
import type { CalendarWindow } from '../../core/data/calendar.ts'
import { type Group, projectGroup } from '../../core/data/group.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { TributaryError } from '../../core/errors.ts'
import { type CellOf, declaredGroups, groupText, rollupOf } from '../../core/explain/cell.ts'
import { present } from '../../core/fold/present.ts'
import { MAX_ROWS } from '../../core/fold/rollup.ts'
import { rangeToRead } from '../../core/fold/rollup-windows.ts'
import type { ShownRow } from '../../core/fold/row-order.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { PartialQuery, Where } from '../../core/ports/views.ts'
import type { MetricAnswer, MetricQuery, QueryMetric, QueryPorts } from '../query-metric.ts'
import { cellAsked } from './cell-asked.ts'
import { cellsIn, combinedOf, isEqual, liveCells } from './cells-of-views.ts'
import type { LookIntoLake } from './look-into-lake.ts'
import type { LakeAnswer, LakePart } from './question.ts'

/** A question about one number. Absent parts mean: as declared. */
export type ExplainQuestion = {
  readonly name: string
  /** Start of the window, ms. */
  readonly at: number
  readonly window?: CalendarWindow
  readonly timezone?: string
  readonly by?: readonly string[]
  /** The fields that the group has. */
  readonly group: Group
  /** Conditions on declared groups besides. */
  readonly where: Where
  /** Receipt of the last event of the page before. */
  readonly after?: string
  /** Whether raw lines are read however many there are: that may take long. */
  readonly isThorough: boolean
}

export type Values = ShownRow['values']

/** A part of the number. `values`: what the views have of it; `computed`: what its events come to. */
export type ExplainedPart = Omit<LakePart, 'stored' | 'computed'> & {
  readonly values: Values
  readonly computed: { readonly values: Values | null; readonly events: number } | undefined
  /**
   * Whether the events come to the very cells that the views have; undefined where they could not be read.
   */
  readonly matches: boolean | undefined
}

export type Explanation = Pick<LakeAnswer, 'events' | 'hasMore' | 'duplicates' | 'sql'> & {
  readonly metric: Metric
  readonly cell: CellOf
  /** What a query answers; null where no event of the cell is counted. */
  readonly values: Values | null
  readonly provenance: MetricAnswer['provenance']
  /** Whether the events of all parts, combined, come to the number. */
  readonly addsUp: boolean
  readonly parts: readonly ExplainedPart[]
}

export type ExplainMetric = (question: ExplainQuestion) => Promise<Explanation>

export type ExplainPorts = Pick<QueryPorts, 'pipeline' | 'batchViews' | 'realTimeViews' | 'now'> & {
  readonly queryMetric: QueryMetric
  readonly ledger: Pick<Ledger, 'epochs'>
  readonly lookIntoLake: LookIntoLake
  readonly pause: (ms: number) => Promise<unknown>
  /** How long to wait for layers that are about to agree, ms (2,000). */
  readonly patienceMs?: number
}

const PATIENCE_MS = 2000
const PAUSE_MS = 100
/** Events of a page. */
export const PAGE = 100

/**
 * Builds the step that explains a number: the number as a query answers it, the parts that it is made of,
 * and whether their events, counted anew, come to it.
 *
 * Raw lines come a moment after the real-time views have them, and a run publishes in several steps. Where
 * the parts do not add up, they are read again for a while; what is answered then says of each part what
 * the views have and what its events come to.
 *
 * @throws (the step) TributaryError `bad_request`, `not_found`, `too_large`, or of the stores
 */
export function createExplainMetric(ports: ExplainPorts): ExplainMetric {
  return async question => {
    const metric = ports.pipeline.metrics.find(({ name }) => name === question.name)
    if (metric === undefined) throw new TributaryError('not_found', `no metric is called "${question.name}"`)
    const cell = cellAsked(metric, question, ports.now())
    const until = performance.now() + (ports.patienceMs ?? PATIENCE_MS)
    for (;;) {
      const isLast = performance.now() >= until
      const found = await explainOnce(ports, metric, cell, question).catch((error: unknown) => {
        if (isLast || !isPassing(error)) throw error
      })
      if (found !== undefined && (found.addsUp || isLast || !mayChange(found))) return found
      await ports.pause(PAUSE_MS)
    }
  }
}

/**
 * A file that was replaced as it was to be read, a last line that was half written, a boundary that moved.
 */
function isPassing(error: unknown): boolean {
  return error instanceof TributaryError && PASSING.has(error.code)
}

const PASSING: ReadonlySet<string> = new Set(['storage_failed', 'corrupt_data', 'conflict'])

/** Whether waiting can help: it does not where all that is lacking are events that cannot be read. */
function mayChange({ parts }: Explanation): boolean {
  return parts.some(({ matches }) => matches === false) || !parts.some(({ unread }) => unread !== undefined)
}

async function explainOnce(
  ports: ExplainPorts,
  metric: Metric,
  cell: CellOf,
  question: ExplainQuestion,
): Promise<Explanation> {
  const { batchViews, realTimeViews, lookIntoLake } = ports
  const answer = await ports.queryMetric(queryOf(metric, cell, question))
  const range = rangeOf(metric, cell)
  const { boundary, partials } = await batchViews.query(range)
  const live = await liveCells(ports, metric, cell, range, boundary?.epoch)
  const { parts: found, ...rest } = await lookIntoLake({
    ...{ metric: metric.id, cell, boundary, live: [...live.keys()] },
    page: { after: question.after, limit: PAGE },
    isThorough: question.isThorough,
  })
  const recent = await realTimeViews.query({ ...range, after: boundary?.epoch })
  const still = await batchViews.boundary(metric.id)
  if (still?.generation !== boundary?.generation || still?.epoch !== boundary?.epoch)
    throw new TributaryError(
      'conflict',
      `the boundary of ${metric.name} moved during the question; ask again`,
    )
  const shown = (cells: CellValues) => present(metric, cells, cell.windows.to - cell.windows.from)
  const parts = found.map(part => explainedPart(metric, part, live, shown))
  const ofViews = combinedOf(metric, [...cellsIn(cell, partials), ...cellsIn(cell, recent)])
  const ofEvents = combinedOf(
    metric,
    found.map(part => computedOf(metric, part)).filter(cells => cells !== undefined),
  )
  const group = groupText(cell)
  const values = answer.rows.find(row => projectGroup(row.group, cell.by) === group)?.values ?? null
  const isNumber = isSameValues(values, ofEvents === undefined ? null : shown(ofEvents))
  return {
    ...{ metric, cell, values, provenance: answer.provenance, parts },
    addsUp: isNumber && isEqual(metric, ofViews, ofEvents) && parts.every(({ matches }) => matches === true),
    ...rest,
  }
}

function explainedPart(
  metric: Metric,
  { stored, computed, ...part }: LakePart,
  live: ReadonlyMap<number, CellValues>,
  shown: (cells: CellValues) => Values,
): ExplainedPart {
  const cells = stored === undefined ? live.get(part.epoch)! : parseCells(metric.kinds, stored)
  const own = computed?.cells === undefined ? undefined : parseCells(metric.kinds, computed.cells)
  return {
    ...part,
    values: shown(cells),
    computed: computed && { values: own === undefined ? null : shown(own), events: computed.events },
    matches: computed && isEqual(metric, cells, own),
  }
}

function computedOf({ kinds }: Metric, { computed }: LakePart): CellValues | undefined {
  return computed?.cells === undefined ? undefined : parseCells(kinds, computed.cells)
}

/** As they are written: numbers that no double is have all of their digits. */
function isSameValues(a: Values | null, b: Values | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function queryOf(metric: Metric, cell: CellOf, { window, timezone }: ExplainQuestion): MetricQuery {
  const { windows, by, group, where } = cell
  const ofGroup = Object.entries(group).map(([name, value]) => [name, [value]] as const)
  return {
    ...{ name: metric.name, from: windows.from, to: windows.to, by, layer: 'merged' },
    ...(window !== undefined && { window }),
    ...(timezone !== undefined && { timezone }),
    where: { ...where, ...Object.fromEntries(ofGroup) },
  }
}

function rangeOf(metric: Metric, cell: CellOf): PartialQuery {
  return {
    metric: metric.id,
    ...rangeToRead(cell.windows),
    groups: declaredGroups(metric, cell),
    rollup: rollupOf(cell),
    limit: MAX_ROWS,
  }
}
