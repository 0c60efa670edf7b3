import { WINDOWS } from '../../core/data/time.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { TributaryError } from '../../core/errors.ts'
import { rangeToRead } from '../../core/fold/rollup-windows.ts'
import type { BatchViews, Boundary, MetricPartial, RollupWindows } from '../../core/ports/views.ts'
import { startsIn } from './delivery.ts'

/** Windows that start in [from, to), ms since 1970. */
export type Span = { readonly from: number; readonly to: number }

/** Partials of one read. */
const PAGE = 20_000
/** Partials that one window may have. */
const LARGEST_WINDOW = 500_000
/** What is tried to be read at once: of short windows an hour, else a day. */
const SPAN_MS = { minute: 3_600_000, hour: 86_400_000, day: 86_400_000 } as const

/**
 * Committed partials of the windows of a metric that start in a span, in order of window and group, read a
 * day or less at a time, or one coarser window, so that memory holds one read.
 *
 * @throws TributaryError `overloaded` where the boundary moves meanwhile; `too_large` where one window has
 * more than 500,000 groups; `bad_request` where windows cannot be cut as they are asked for
 */
export async function* committedPartials(
  batch: Pick<BatchViews, 'query'>,
  metric: Metric,
  windows: RollupWindows,
  span: Span,
  boundary: Boundary,
): AsyncGenerator<readonly MetricPartial[]> {
  const isDeclared = windows.asked === windows.declared
  const pages = isDeclared ? declaredPages(batch, metric, span) : coarserPages(batch, metric, windows, span)
  for await (const page of pages) {
    if (page.boundary?.generation !== boundary.generation)
      throw new TributaryError('overloaded', `the boundary of ${metric.name} moved while its rows were read`)
    yield page.partials.toSorted(byKey)
  }
}

type Page = Awaited<ReturnType<BatchViews['query']>>

async function* coarserPages(
  batch: Pick<BatchViews, 'query'>,
  metric: Metric,
  windows: RollupWindows,
  span: Span,
): AsyncGenerator<Page> {
  for (const start of startsIn(windows, span)) {
    const one = { ...windows, from: start, to: start + 1 }
    yield await batch.query({
      ...{ metric: metric.id, ...rangeToRead(one), groups: undefined, limit: LARGEST_WINDOW },
      rollup: { windows: one, by: undefined, where: {} },
    })
  }
}

async function* declaredPages(
  batch: Pick<BatchViews, 'query'>,
  metric: Metric,
  { from, to }: Span,
): AsyncGenerator<Page> {
  const spans: Span[] = []
  for (let at = from; at < to; at += SPAN_MS[metric.window])
    spans.push({ from: at, to: Math.min(to, at + SPAN_MS[metric.window]) })
  spans.reverse()
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const page = await pageOf(batch, metric, span)
    if (page === undefined) {
      const [first, second] = halves(span, WINDOWS[metric.window])
      spans.push(second, first)
    } else yield page
  }
}

/** Undefined where there are too many for one read. */
async function pageOf(
  batch: Pick<BatchViews, 'query'>,
  metric: Metric,
  span: Span,
): Promise<Page | undefined> {
  const isOneWindow = span.to - span.from <= WINDOWS[metric.window]
  const limit = isOneWindow ? LARGEST_WINDOW : PAGE
  try {
    return await batch.query({ metric: metric.id, ...span, groups: undefined, limit })
  } catch (error) {
    if (isOneWindow || !(error instanceof TributaryError) || error.code !== 'too_large') throw error
    return undefined
  }
}

function halves({ from, to }: Span, window: number): readonly [Span, Span] {
  const middle = from + Math.ceil((to - from) / window / 2) * window
  return [
    { from, to: middle },
    { from: middle, to },
  ]
}

function byKey(a: MetricPartial, b: MetricPartial): number {
  return a.window - b.window || (a.group < b.group ? -1 : a.group > b.group ? 1 : 0)
}
