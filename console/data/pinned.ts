import type { Dashboards } from './api.ts'
import { type Metric, type Question, RANGES } from './question.ts'

export type Dashboard = Dashboards['dashboards'][number]
export type Chart = Dashboard['charts'][number]

/** The question that a chart asks; undefined where its metric is not to be read. */
export function questionOf(chart: Chart, metrics: readonly Metric[]): Question | undefined {
  const metric = metrics.find(({ name }) => name === chart.metric)
  if (metric === undefined) return undefined
  const { measure, window, by, from, to, range } = chart
  return {
    ...{ metric, measure, window, by, from, to },
    range: range ?? 'custom',
    where: Object.entries(chart.where).flatMap(([name, values]) =>
      values.map(value => [name, String(value)] as const),
    ),
    isCompared: chart.compare === 'previous',
  }
}

/** A question as a chart of a dashboard's file: what is as usual is left out. */
export function chartOf(question: Question): object {
  const { metric, measure, range, from, to, window, by, where, isCompared } = question
  const span = range in RANGES || range === 'all' ? { range } : { ...(from && { from }), ...(to && { to }) }
  const values = Map.groupBy(where, ([name]) => name)
  const kept = [...values].map(([name, all]) => [name, all.map(([, text]) => typed(metric, name, text))])
  return {
    ...{ title: `${metric.title}: ${measure}`, metric: metric.name, measure, ...span },
    ...(window !== metric.window && { window }),
    ...(by.length > 0 && { by }),
    ...(kept.length > 0 && { where: Object.fromEntries(kept) as object }),
    ...(isCompared && { compare: 'previous' }),
  }
}

/** A value as its field has it; the address has text alone. */
function typed(metric: Metric, name: string, text: string): string | number | boolean {
  const kind = metric.by.find(field => field.name === name)?.kind
  if (kind === 'boolean') return text === 'true'
  if ((kind === 'integer' || kind === 'number') && Number.isFinite(Number(text))) return Number(text)
  return text
}

/** The whole file of a dashboard with one chart more. */
export function fileWith(
  dashboard: Dashboard | undefined,
  question: Question,
): { name: string; text: string } {
  const { name, title, description = '', charts } = dashboard ?? newDashboard(question)
  const file = {
    ...{ name, title },
    ...(description !== '' && { description }),
    charts: [...charts.map(declared), chartOf(question)],
  }
  return { name: `${name}.json`, text: `${JSON.stringify(file, null, 2)}\n` }
}

function newDashboard({
  metric,
}: Question): Pick<Dashboard, 'name' | 'title' | 'charts'> & { description?: string } {
  return { name: metric.name, title: metric.title, charts: [] }
}

/** A chart as its file has it. */
function declared({ by, where, ...chart }: Chart): object {
  return {
    ...chart,
    ...(by.length > 0 && { by }),
    ...(Object.keys(where).length > 0 && { where }),
  }
}
