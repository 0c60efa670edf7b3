import { type Calendar, type CalendarWindow, windowsFrom } from '../../core/data/calendar.ts'
import { type Month, parseMonth } from '../../core/data/month.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { TributaryError } from '../../core/errors.ts'
import { calendarOf, mustFit, zoneOf } from '../../core/fold/rollup-windows.ts'
import type { Delivery } from '../../core/lake/delivery-paths.ts'
import type { RollupWindows } from '../../core/ports/views.ts'

export type { Delivery } from '../../core/lake/delivery-paths.ts'

/** What is delivered where nothing else is asked for. */
export const AS_DECLARED = { window: 'declared', timezone: 'UTC' } as const

/** @throws TributaryError `bad_request` */
export function monthOf({ month: text, timezone }: Omit<Delivery, 'window'>): Month {
  const month = parseMonth(text, zoneOf(timezone))
  if (month !== undefined) return month
  throw new TributaryError('bad_request', `"month" must be a month such as 2026-10, not "${text}"`)
}

/** Minutes and hours are those of UTC in every zone; only where the month begins is not. */
const isByDate = (window: CalendarWindow) => window !== 'minute' && window !== 'hour'

/**
 * The windows of a metric that a delivery has.
 *
 * @throws TributaryError `bad_request` where the metric's own are longer, or cannot be cut so
 */
export function windowsOf(metric: Metric, delivery: Delivery): RollupWindows {
  const { window, timezone } = delivery
  const asked = window === 'declared' ? metric.window : window
  if (!windowsFrom(metric.window).includes(asked))
    throw new TributaryError(
      'bad_request',
      `"window" cannot be ${asked} for ${metric.name}, which is declared by the ${metric.window}; give a longer one, or name other metrics`,
    )
  const windows = { declared: metric.window, asked }
  mustFit({ ...windows, asked: 'month', timezone }, monthOf(delivery).from)
  return isByDate(asked) ? { ...windows, timezone } : windows
}

/** Starts of the windows that start in [from, to). */
export function* startsIn(windows: RollupWindows, { from, to }: Pick<Month, 'from' | 'to'>) {
  const calendar = calendarOf(windows)
  for (let start = firstFrom(calendar, from); start < to; start = calendar.endOf(start)) yield start
}

function firstFrom(calendar: Calendar, from: number): number {
  const start = calendar.startOf(from)
  return start === from ? start : calendar.endOf(start)
}

/** Where the last window ends that starts in the month: what has to be published through it. */
export function endOfLast(windows: RollupWindows, { from, to }: Pick<Month, 'from' | 'to'>): number {
  const calendar = calendarOf(windows)
  const last = calendar.startOf(to - 1)
  return last < from ? to : Math.max(to, calendar.endOf(last))
}
