import type { WindowNumbers } from '../../core/alerts/judge-window.ts'
import type { Calendar } from '../../core/data/calendar.ts'
import { parseInstant, WINDOWS } from '../../core/data/time.ts'
import type { Against } from '../../core/declare/alerts/conditions.ts'
import type { Alert } from '../../core/declare/alerts/resolve-alert.ts'
import { emptyCells, type Metric } from '../../core/declare/metric-plan.ts'
import { present } from '../../core/fold/present.ts'
import { isNumberText } from '../../core/json/json.ts'
import type { MeasureValue } from '../../core/measures/measure-type.ts'
import type { MetricAnswer, QueryMetric } from '../query-metric.ts'

/** The numbers of a window, or since when there are whole ones. */
export type NumbersRead =
  | { readonly kind: 'read'; readonly numbers: WindowNumbers }
  /** Events that were received before this are not all counted yet, ms since 1970. */
  | { readonly kind: 'not whole'; readonly since: number }

/** Asks for a window of an alert's metric, and for the one it is compared with, as any caller would. */
export async function readNumbers(
  queryMetric: QueryMetric,
  alert: Alert,
  metric: Metric,
  calendar: Calendar,
  start: number,
): Promise<NumbersRead> {
  const end = calendar.endOf(start)
  const earlier = alert.when.kind === 'change' ? comparedWith(calendar, alert.when.against, start) : undefined
  const [now, then] = await Promise.all([
    ask(queryMetric, alert, start, end),
    earlier === undefined ? undefined : ask(queryMetric, alert, earlier, calendar.endOf(earlier)),
  ])
  const since = parseInstant(now.provenance.since ?? '')
  if (since !== undefined && since > (earlier ?? start)) return { kind: 'not whole', since }
  const measure = alert.when.kind === 'absence' ? undefined : alert.when.measure
  const shown = measure === undefined ? {} : present(metric, emptyCells(metric), end - start)
  return {
    kind: 'read',
    numbers: {
      ...{ start, end },
      values: valuesOf(now, measure),
      before: then === undefined ? new Map() : valuesOf(then, measure),
      empty: numberOf(measure === undefined ? null : (shown[measure] ?? null)),
    },
  }
}

/** Start of the window that one is compared with. From its middle, as days of a zone differ in length. */
function comparedWith(calendar: Calendar, against: Against, start: number): number {
  if (against === 'previous') return calendar.startOf(start - 1)
  const middle = start + Math.floor((calendar.endOf(start) - start) / 2)
  return calendar.startOf(middle - (against === 'day' ? 1 : 7) * WINDOWS.day)
}

function ask(queryMetric: QueryMetric, alert: Alert, from: number, to: number): Promise<MetricAnswer> {
  const { metric: name, window, timezone, by, where } = alert
  const zone = timezone === undefined ? {} : { timezone }
  return queryMetric({ ...{ name, from, to, window, by, where, layer: 'merged' }, ...zone })
}

function valuesOf({ rows }: MetricAnswer, measure: string | undefined): Map<string, number | null> {
  return new Map(
    rows.map(({ group, values }) => [
      JSON.stringify(group),
      numberOf(measure === undefined ? null : (values[measure] ?? null)),
    ]),
  )
}

/** As a double: a bound is one, too. */
function numberOf(value: MeasureValue): number | null {
  if (isNumberText(value)) return Number(value.rawJSON)
  return typeof value === 'number' ? value : null
}
