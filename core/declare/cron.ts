/** One field of a cron expression. */
type Part = {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly names?: readonly string[]
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
export const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

const PARTS: readonly Part[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, names: MONTHS },
  // 7 is Sunday too.
  { name: 'weekday', from: 0, to: 7, names: WEEKDAYS },
]

/** The values that each field of an expression allows, sorted; weekdays from 0, Sunday. */
export type Cron = {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly days: readonly number[]
  readonly months: readonly number[]
  readonly weekdays: readonly number[]
}

export type CronProblem = { readonly problem: string; readonly remedy: string }

/**
 * What is wrong with a cron expression of five fields, said after it; undefined where nothing is. It has to
 * come true some day, and may restrict the day of the month or the weekday, not both: cron means either of
 * them, people mostly mean both, and EventBridge can say neither.
 */
export function cronProblem(text: string): CronProblem | undefined {
  const cron = parseCron(text)
  if ('problem' in cron) return cron
  const { days, months, weekdays } = cron
  if (days.length < 31 && weekdays.length < 7)
    return { problem: 'restricts both day and weekday', remedy: 'declare two schedules' }
  const comes = months.some(month => days.some(day => day <= LONGEST[month - 1]!))
  return comes ? undefined : { problem: 'never comes true', remedy: 'name a day that its months have' }
}

const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Reads a cron expression of five fields: minute hour day month weekday. */
export function parseCron(text: string): Cron | CronProblem {
  const texts = text.trim().split(/\s+/)
  if (texts.length !== PARTS.length)
    return {
      problem: 'is not a cron expression of five fields',
      remedy: 'write minute hour day month weekday',
    }
  const fields = PARTS.map((part, i) => valuesOf(part, texts[i]!))
  const wrong = fields.find(field => 'problem' in field)
  if (wrong !== undefined) return wrong as CronProblem
  const [minutes, hours, days, months, weekdays] = fields as readonly (readonly number[])[]
  return {
    minutes: minutes!,
    hours: hours!,
    days: days!,
    months: months!,
    weekdays: sorted(weekdays!.map(day => day % 7)),
  }
}

function valuesOf(part: Part, text: string): readonly number[] | CronProblem {
  const items = text.split(',').map(item => [item, itemValues(part, item)] as const)
  const wrong = items.find(([, values]) => values === undefined)
  if (wrong === undefined) return sorted(items.flatMap(([, values]) => values!))
  return { problem: `has "${wrong[0]}", which is no ${part.name}`, remedy: `use ${part.from} to ${part.to}` }
}

/** `*`, `5`, `1-5`, `*` or a start with a step. */
function itemValues(part: Part, item: string): readonly number[] | undefined {
  const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item)
  if (match === null) return undefined
  const [, start = '', end, step] = match
  const from = start === '*' ? part.from : numberOf(part, start)
  const open = start === '*' || (end === undefined && step !== undefined)
  const last = part.name === 'weekday' && start === '*' ? 6 : part.to
  const to = open ? last : numberOf(part, end ?? start)
  const by = Number(step ?? 1)
  if (from === undefined || to === undefined || from > to || by < 1 || (start === '*' && end !== undefined))
    return undefined
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + i * by)
}

function numberOf({ from, to, names }: Part, text: string): number | undefined {
  const named = names?.indexOf(text.toUpperCase()) ?? -1
  const value = named === -1 ? Number(/^\d+$/.test(text) ? text : Number.NaN) : named + from
  return value >= from && value <= to ? value : undefined
}

function sorted(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((a, b) => a - b)
}
