import type { CalendarWindow } from '../../data/calendar.ts'
import type { Where } from '../../ports/views.ts'
import { requireBy, requireMeasure, requireMetric, requireWhere, requireWindow } from '../asked-of-metric.ts'
import type { Declared } from '../declared.ts'
import type { Metric } from '../metric-plan.ts'
import type { ChartDeclaration, DashboardDeclaration } from './dashboard.ts'

/** A chart with everything that its declaration leaves out. */
export type Chart = {
  readonly title: string
  readonly metric: string
  readonly measure: string
  /** Absent where `from` is given. */
  readonly range?: ChartDeclaration['range']
  readonly from?: string
  readonly to?: string
  readonly window: CalendarWindow
  readonly by: readonly string[]
  readonly where: Where
  readonly compare?: 'previous'
}

export type Dashboard = {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly charts: readonly Chart[]
}

/** A span that shows some dozens of windows of a length. */
const USUAL_RANGES = { minute: '1h', hour: '24h', day: '30d', week: '1y' } as const

/** @throws TributaryError `invalid_declaration`: file, what is wrong, and remedy */
export function resolveDashboard(
  { file, declaration }: Declared<DashboardDeclaration>,
  metrics: readonly Metric[],
): Dashboard {
  const { name, title, description, charts } = declaration
  return {
    ...{ name, title: title ?? name, description: description ?? '' },
    charts: charts.map((chart, at) => resolveChart(`${file}: chart ${at + 1}`, chart, metrics)),
  }
}

function resolveChart(file: string, chart: ChartDeclaration, metrics: readonly Metric[]): Chart {
  const metric = requireMetric(file, chart.metric, metrics)
  const measure = requireMeasure(file, metric, chart.measure).name
  const { window = metric.window, from, to, compare } = chart
  requireWindow(file, metric, window)
  const isFixed = from !== undefined || to !== undefined
  const usual = window in USUAL_RANGES ? USUAL_RANGES[window as keyof typeof USUAL_RANGES] : 'all'
  return {
    ...{ title: chart.title ?? `${metric.title}: ${measure}`, metric: metric.name, measure },
    ...(isFixed ? { ...(from && { from }), ...(to && { to }) } : { range: chart.range ?? usual }),
    ...{ window, by: requireBy(file, metric, chart.by ?? []) },
    where: requireWhere(file, metric, chart.where ?? {}),
    ...(compare !== undefined && { compare }),
  }
}
