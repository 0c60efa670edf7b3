import { CALENDAR_WINDOWS, type CalendarWindow } from '../../data/calendar.ts'
import { givenInstant } from '../../data/given-instant.ts'
import { TributaryError } from '../../errors.ts'
import { isObject } from '../../json/is-object.ts'
import { knownKeys, refuseUnknownKeys } from '../known-keys.ts'

type Value = string | number | boolean | null

/** Spans up to now that a chart may show; `all` is everything. */
export const CHART_RANGES = ['1h', '6h', '24h', '7d', '30d', '1y', 'all'] as const

/** A question to a metric, pinned to a dashboard. */
export type ChartDeclaration = {
  readonly title?: string
  readonly metric: string
  readonly measure: string
  /** Span up to now; or `from`, with or without `to`. */
  readonly range?: (typeof CHART_RANGES)[number]
  /** Instant or date. */
  readonly from?: string
  readonly to?: string
  /** The metric's own where none. */
  readonly window?: CalendarWindow
  /** Fields to group by; none: one line. */
  readonly by?: readonly string[]
  readonly where?: Readonly<Record<string, Value | readonly Value[]>>
  /** Draws as long a time right before, too. */
  readonly compare?: 'previous'
}

/** What a file of `pipeline/dashboards/` says: JSON, so that what a page shows can be put there as it is. */
export type DashboardDeclaration = {
  /** Lower-case name: it stands in the address. */
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly charts: readonly ChartDeclaration[]
}

/** Every key of a dashboard. */
export const DASHBOARD_KEYS = knownKeys<DashboardDeclaration>({
  ...{ name: 1, title: 1, description: 1, charts: 1 },
})

const CHART_KEYS = knownKeys<ChartDeclaration>({
  ...{ title: 1, metric: 1, measure: 1, range: 1, from: 1, to: 1, window: 1, by: 1, where: 1, compare: 1 },
})

/** Each is a question or two to the platform, asked again and again while the page is open. */
const MOST_CHARTS = 24

/**
 * Checks a dashboard by itself; whether its metrics are there is for whoever knows them.
 *
 * @throws TributaryError `invalid_declaration` naming the part that cannot work
 */
export function defineDashboard(declaration: DashboardDeclaration): DashboardDeclaration {
  refuseUnknownKeys(declaration, DASHBOARD_KEYS)
  const { name, title, description, charts } = declaration
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_-]{0,47}$/.test(name))
    fail(name, `name "${name}"`, 'use lower-case letters, digits, _ and -, at most 48')
  requireTexts(name, { title, description })
  if (!Array.isArray(charts) || charts.length === 0 || charts.length > MOST_CHARTS)
    fail(name, `it has not 1 to ${MOST_CHARTS} charts`, 'write "charts": [{ "metric": …, "measure": … }]')
  for (const [at, chart] of charts.entries()) checkChart(name, `chart ${at + 1}`, chart)
  return declaration
}

function checkChart(name: string, at: string, chart: ChartDeclaration): void {
  if (!isObject(chart)) fail(name, `${at} is no object`, 'write { "metric": …, "measure": … }')
  const unknown = Object.keys(chart).find(key => !CHART_KEYS.includes(key))
  if (unknown !== undefined) fail(name, `${at} has "${unknown}"`, `a chart has ${CHART_KEYS.join(', ')}`)
  const { title, metric, measure, range, from, to, window, by = [], where = {}, compare } = chart
  if (metric === undefined || measure === undefined)
    fail(name, `${at} names no metric or no measure`, 'give both')
  requireTexts(name, { title, metric, measure, from, to })
  if (range !== undefined && !CHART_RANGES.includes(range))
    fail(name, `${at} has range ${JSON.stringify(range)}`, `use one of ${CHART_RANGES.join(', ')}`)
  if (range !== undefined && (from ?? to) !== undefined)
    fail(name, `${at} has a range, and from or to`, 'leave one of them out')
  for (const text of [from, to])
    if (text !== undefined && givenInstant(text) === undefined)
      fail(name, `${at} has the instant "${text}"`, 'give 2026-01-31 or 2026-01-31T12:00:00Z')
  if (window !== undefined && !CALENDAR_WINDOWS.includes(window))
    fail(name, `${at} has window ${JSON.stringify(window)}`, `use one of ${CALENDAR_WINDOWS.join(', ')}`)
  if (!Array.isArray(by)) fail(name, `${at} has a "by" that is no list`, 'write ["country"]')
  if (!isObject(where)) fail(name, `${at} has a "where" that is no object`, 'write { "country": "NL" }')
  if (compare !== undefined && compare !== 'previous')
    fail(name, `${at} has compare ${JSON.stringify(compare)}`, 'write "previous", or leave it out')
}

function requireTexts(name: string, texts: Readonly<Record<string, unknown>>): void {
  for (const [key, text] of Object.entries(texts))
    if (text !== undefined && typeof text !== 'string')
      fail(name, `${key} is not a text`, 'write it in quotes')
}

function fail(name: string, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `dashboard ${name}: ${problem}; ${remedy}`)
}
