import { CALENDAR_WINDOWS, type CalendarWindow, openCalendar, windowsFrom } from '../../core/data/calendar.ts'
import { givenInstant } from '../../core/data/given-instant.ts'
import { formatInstant } from '../../core/data/time.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { listAt, objectAt, refuseUnknown, shown, unknown } from './members.ts'

/** All rows that a metric is to have, asked for as it is declared or coarser. */
export type ExpectedMetric = {
  readonly metric: string
  readonly window: CalendarWindow
  readonly by: readonly string[]
  readonly rows: readonly ExpectedRow[]
}

export type ExpectedRow = {
  /** ISO instant of its start. */
  readonly window: string
  readonly group: Readonly<Record<string, unknown>>
  /** Those that are compared. */
  readonly values: Readonly<Record<string, unknown>>
}

export type ExpectedRejection = {
  readonly id: string | undefined
  readonly code: string | undefined
  /** A part of its text. */
  readonly detail: string | undefined
}

/**
 * Reads the numbers that a test expects, metric by metric: its rows, or an object of `rows`, `window`, `by`.
 *
 * @throws Error naming the metric, row and member that cannot be meant
 */
export function expectedMetrics(value: unknown, { metrics }: Pipeline): readonly ExpectedMetric[] {
  if (value === undefined) return []
  return Object.entries(objectAt(value, 'expect.metrics')).map(([name, of]) => {
    const metric = metrics.find(one => one.name === name)
    const names = metrics.map(one => one.name)
    if (metric === undefined) throw unknown('expect.metrics: the metric ', name, names)
    return ofMetric(metric, of)
  })
}

function ofMetric(metric: Metric, value: unknown): ExpectedMetric {
  const where = `expect.metrics.${metric.name}`
  const asked = Array.isArray(value) ? { rows: value } : objectAt(value, where)
  refuseUnknown(asked, ['rows', 'window', 'by'], `${where}: `)
  const {
    rows,
    window = metric.window,
    by = metric.by.map(({ name }) => name),
  } = asked as {
    rows?: unknown
    window?: CalendarWindow
    by?: readonly string[]
  }
  requireWindow(metric, window, where)
  for (const name of listAt(by, `${where}.by`))
    if (!metric.by.some(field => field.name === name))
      throw unknown(
        `${where}.by: the field `,
        String(name),
        metric.by.map(field => field.name),
      )
  const read = listAt(rows, `${where}.rows`).map((row, at) =>
    expectedRow(
      metric,
      { window, by },
      objectAt(row, `${where}, row ${at + 1}`),
      `${where}, row ${at + 1}: `,
    ),
  )
  return { metric: metric.name, window, by, rows: read }
}

function requireWindow(metric: Metric, window: unknown, where: string): void {
  const known = windowsFrom(metric.window)
  if (known.includes(window as CalendarWindow)) return
  if (CALENDAR_WINDOWS.includes(window as CalendarWindow))
    throw new Error(
      `${where}: the window "${String(window)}" is shorter than declared; there are ${known.join(', ')}`,
    )
  throw unknown(`${where}: the window `, String(window), known)
}

type Asked = Pick<ExpectedMetric, 'window' | 'by'>

function expectedRow(
  metric: Metric,
  { window, by }: Asked,
  row: Readonly<Record<string, unknown>>,
  where: string,
): ExpectedRow {
  refuseUnknown(row, ['window', 'group', 'values'], where)
  const group = row['group'] === undefined ? {} : objectAt(row['group'], `${where}"group"`)
  refuseUnknown(group, by, `${where}the group's field `)
  const values = objectAt(row['values'], `${where}"values"`)
  refuseUnknown(
    values,
    metric.measures.map(({ name }) => name),
    `${where}the measure `,
  )
  if (Object.keys(values).length === 0)
    throw new Error(`${where}"values" names no measure; give one at least`)
  return { window: startOf(window, row['window'], where), group, values }
}

/** An instant in the middle of a window would be one that no row has. */
function startOf(window: CalendarWindow, given: unknown, where: string): string {
  const ms = typeof given === 'string' ? givenInstant(given) : undefined
  if (ms === undefined)
    throw new Error(
      `${where}"window" is ${shown(given)}; give the start of a window, such as 2026-01-31T09:00:00Z`,
    )
  const start = openCalendar(window).startOf(ms)
  if (start === ms) return formatInstant(ms)
  throw new Error(
    `${where}the window ${String(given)} is not known: the ${window} that it is in starts at ${formatInstant(start)}`,
  )
}

const REJECTED = ['id', 'code', 'detail'] as const

/** @throws Error naming the member that cannot be meant */
export function expectedRejections(value: unknown): readonly ExpectedRejection[] {
  if (value === undefined) return []
  return listAt(value, 'expect.rejected').map((one, at) => {
    const where = `expect.rejected, ${at + 1}`
    const members = objectAt(one, where)
    refuseUnknown(members, REJECTED, `${where}: `)
    if (Object.keys(members).length === 0)
      throw new Error(`${where}: give ${REJECTED.join(', ')}, or some of them`)
    const text = (name: (typeof REJECTED)[number]) => {
      const given = members[name]
      if (given === undefined || typeof given === 'string') return given
      throw new Error(`${where}: "${name}" is ${shown(given)}, and has to be a text`)
    }
    return { id: text('id'), code: text('code'), detail: text('detail') }
  })
}
