import { hash } from 'node:crypto'
import type { CalendarWindow } from '../../data/calendar.ts'
import { parseDuration } from '../../data/epoch.ts'
import { openZone } from '../../data/zone.ts'
import { toTributaryError } from '../../errors.ts'
import { mustFit } from '../../fold/rollup-windows.ts'
import type { Where } from '../../ports/views.ts'
import { requireBy, requireMeasure, requireMetric, requireWhere, requireWindow } from '../asked-of-metric.ts'
import { type Declared, fail } from '../declared.ts'
import type { Metric } from '../metric-plan.ts'
import { type AlertDeclaration, USUAL_GROUPS } from './alert.ts'
import type { AlertCondition } from './conditions.ts'
import type { Destination } from './destinations.ts'

/** An alert, checked against its metric, with everything that its declaration leaves out. */
export type Alert = {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly metric: string
  /** Over everything that a verdict depends on: where it differs, the alert begins anew. */
  readonly digest: string
  readonly window: CalendarWindow
  readonly timezone: string | undefined
  readonly where: Where
  /** Fields whose groups are judged one by one, in the metric's order. */
  readonly by: readonly string[]
  readonly most: number
  readonly when: AlertCondition
  /** Windows in a row until it fires. */
  readonly inRow: number
  /** ms. */
  readonly lateness: number
  readonly to: readonly Destination[]
}

/** @throws TributaryError `invalid_declaration`: file, what is wrong, and remedy */
export function resolveAlert(
  { file, declaration }: Declared<AlertDeclaration>,
  metrics: readonly Metric[],
): Alert {
  const metric = requireMetric(file, declaration.metric, metrics)
  const { name, title, description, timezone, when, lateness = '10s', to = [] } = declaration
  const window = declaration.window ?? metric.window
  requireWindow(file, metric, window)
  requireZone(file, metric, window, timezone)
  requireNumber(file, metric, when, window)
  const by = requireBy(file, metric, declaration.by ?? [])
  const where = requireWhere(file, metric, declaration.where ?? {})
  const inRow = declaration.for ?? 1
  const meaning = { metric: metric.id, window, timezone: timezone ?? null, where, by, when, inRow }
  return {
    ...{ name, title: title ?? name, description: description ?? '', metric: metric.name },
    digest: hash('sha256', JSON.stringify(meaning), 'hex').slice(0, 12),
    ...{ window, timezone, where, by, most: declaration.most ?? USUAL_GROUPS, when, inRow },
    ...{ lateness: parseDuration(lateness)!, to },
  }
}

/** Some instant: what time zones a metric takes does not hang on the day. */
const ANY_DAY = Date.UTC(2026, 0, 1)

function requireZone(
  file: string,
  { window: declared }: Metric,
  asked: CalendarWindow,
  timezone: string | undefined,
): void {
  if (timezone === undefined) return
  if (asked === 'minute' || asked === 'hour')
    fail(file, 'timezone is for windows of a day and longer', 'leave it out, or give window')
  if (openZone(timezone) === undefined)
    fail(file, `timezone "${timezone}" is unknown`, 'give a name such as Europe/Berlin')
  try {
    mustFit({ declared, asked, timezone }, ANY_DAY)
  } catch (error) {
    fail(file, toTributaryError(error).message, 'or leave timezone out')
  }
}

/** What an earlier window has to be longer ago than. */
const SHORTER_THAN: Readonly<Record<'day' | 'week', readonly CalendarWindow[]>> = {
  day: ['minute', 'hour'],
  week: ['minute', 'hour', 'day'],
}

function requireNumber(file: string, metric: Metric, when: AlertCondition, window: CalendarWindow): void {
  if (when.kind === 'absence') return
  const { result } = requireMeasure(file, metric, when.measure)
  const types = [result.schema.type ?? []].flat()
  if (!types.includes('number') && !types.includes('integer'))
    fail(file, `measure "${when.measure}" is no number`, 'name another one, or use absence()')
  if (when.kind !== 'change' || when.against === 'previous') return
  if (!SHORTER_THAN[when.against].includes(window))
    fail(file, `a ${window} is not compared with a ${when.against} before`, "use against: 'previous'")
}
