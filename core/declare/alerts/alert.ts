import { CALENDAR_WINDOWS, type CalendarWindow } from '../../data/calendar.ts'
import { parseDuration } from '../../data/epoch.ts'
import { TributaryError } from '../../errors.ts'
import { knownKeys, refuseUnknownKeys } from '../known-keys.ts'
import { AGAINST, type AlertCondition, type Bounds } from './conditions.ts'
import { type Destination, destinationProblem } from './destinations.ts'

export { absence, change, threshold } from './conditions.ts'
export { email, slack, sns, webhook } from './destinations.ts'

type Value = string | number | boolean | null

/** What a user writes to be told of a metric. */
export type AlertDeclaration = {
  /** Snake-case name, as that of a metric. */
  readonly name: string
  readonly title?: string
  /** What to do when it fires: it stands in every message. */
  readonly description?: string
  /** Name of the metric that is watched. */
  readonly metric: string
  /** Windows that are judged (the metric's own): no shorter than those. */
  readonly window?: CalendarWindow
  /** Whose days and longer windows: a name such as Europe/Berlin; UTC where none. */
  readonly timezone?: string
  /** Only groups with this value, or one of these. */
  readonly where?: Readonly<Record<string, Value | readonly Value[]>>
  /** Judges each group by itself; none: all groups together. */
  readonly by?: readonly string[]
  /** Groups that are judged at most (100). */
  readonly most?: number
  /** What makes a window one of concern. */
  readonly when: AlertCondition
  /** How many windows in a row until it fires (1). */
  readonly for?: number
  /** How long after its end a window is judged (`10s`): events that come later change no verdict. */
  readonly lateness?: string
  /** Who is told; none: the console and the API show it. */
  readonly to?: readonly Destination[]
}

/** Every key of an alert. */
export const ALERT_KEYS = knownKeys<AlertDeclaration>({
  ...{ name: 1, title: 1, description: 1, metric: 1, window: 1, timezone: 1, where: 1, by: 1, most: 1 },
  ...{ when: 1, for: 1, lateness: 1, to: 1 },
})

/** Groups that one alert judges, where it does not say. */
export const USUAL_GROUPS = 100
const MOST_GROUPS = 1000
const MOST_WINDOWS = 1000
const LONGEST_LATENESS_MS = 86_400_000
const MOST_DESTINATIONS = 10

/**
 * Declares an alert. Put the result as the default export of a file in `pipeline/alerts/`.
 *
 * @example
 * export default defineAlert({
 *   name: 'orders_stopped', metric: 'orders_daily', window: 'day',
 *   when: threshold('orders', { below: 100 }), for: 2, to: [webhook('OPS_WEBHOOK_URL')],
 * })
 * @throws TributaryError `invalid_declaration` naming the part that cannot work
 */
export function defineAlert(declaration: AlertDeclaration): AlertDeclaration {
  refuseUnknownKeys(declaration, ALERT_KEYS)
  const { name, metric, window, most = 1, for: inRow = 1, lateness = '10s', to = [] } = declaration
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_]{0,47}$/.test(name))
    fail(name, `name "${name}"`, 'use lower-case letters, digits and _, at most 48')
  const { title, description, timezone } = declaration
  for (const [key, text] of Object.entries({ metric, title, description, timezone }))
    if (key === 'metric' || text !== undefined)
      if (typeof text !== 'string') fail(name, `${key} is not a text`, 'write it in quotes')
  if (window !== undefined && !(CALENDAR_WINDOWS as readonly unknown[]).includes(window))
    fail(name, `window "${window}" is unknown`, `use one of ${CALENDAR_WINDOWS.join(', ')}`)
  requireWhole(name, 'most', most, MOST_GROUPS)
  requireWhole(name, 'for', inRow, MOST_WINDOWS)
  const latenessMs = typeof lateness === 'string' ? parseDuration(lateness) : undefined
  if (latenessMs === undefined || latenessMs > LONGEST_LATENESS_MS)
    fail(name, `lateness ${JSON.stringify(lateness)}`, 'give a duration of at most a day, such as 10s or 5m')
  checkCondition(name, declaration.when)
  if (!Array.isArray(to) || to.length > MOST_DESTINATIONS)
    fail(name, 'to is not a list of at most 10', "write [webhook('OPS_WEBHOOK_URL')]")
  for (const destination of to) {
    const wrong = destinationProblem(destination)
    if (wrong !== undefined) fail(name, wrong.problem, wrong.remedy)
  }
  return declaration
}

function requireWhole(name: string, key: string, value: unknown, most: number): void {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most) return
  fail(name, `${key} ${JSON.stringify(value)}`, `give a whole number from 1 to ${most}`)
}

const CALL =
  "call threshold('…', { above: 1 }), change('…', { against: 'previous', ratio: { above: 2 } }) or absence()"

/** A condition by itself: whether the metric has the measure is for whoever knows the metric. */
function checkCondition(name: string, condition: AlertCondition): void {
  const kind: unknown = (condition as { kind?: unknown } | undefined)?.kind
  if (kind !== 'threshold' && kind !== 'change' && kind !== 'absence')
    fail(name, 'when is no condition', CALL)
  const known = CONDITION_KEYS[kind]
  const unknown = Object.keys(condition).find(key => key !== 'kind' && !known.includes(key))
  if (unknown !== undefined) fail(name, `when has "${unknown}"`, CALL)
  if (condition.kind === 'absence') return
  if (typeof condition.measure !== 'string') fail(name, 'when names no measure', CALL)
  if (condition.kind === 'threshold') checkBounds(name, condition)
  else checkChange(name, condition)
}

function checkChange(name: string, condition: Extract<AlertCondition, { kind: 'change' }>): void {
  if (!AGAINST.includes(condition.against))
    fail(name, `against ${JSON.stringify(condition.against)}`, `use one of ${AGAINST.join(', ')}`)
  const { ratio, difference } = condition
  if ((ratio === undefined) === (difference === undefined))
    fail(name, 'change has not one of ratio and difference', 'give one: ratio: { above: 2 }')
  checkBounds(name, (ratio ?? difference)!)
}

const CONDITION_KEYS: Readonly<Record<AlertCondition['kind'], readonly string[]>> = {
  threshold: ['measure', 'above', 'below'],
  change: ['measure', 'against', 'ratio', 'difference'],
  absence: [],
}

function checkBounds(name: string, bounds: Bounds): void {
  const { above, below } = (bounds ?? {}) as Bounds
  if (above === undefined && below === undefined)
    fail(name, 'when has neither above nor below', 'give one of them, or both')
  for (const bound of [above, below])
    if (bound !== undefined && !Number.isFinite(bound))
      fail(name, `the bound ${JSON.stringify(bound)} is no number`, 'give a number')
  if (above !== undefined && below !== undefined && above < below)
    fail(name, `every number is above ${above} or below ${below}`, 'give an above that is the larger one')
}

function fail(name: string, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `alert ${name}: ${problem}; ${remedy}`)
}
