import { TributaryError } from '../../core/errors.ts'

type Part = {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly names?: readonly string[]
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

const PARTS: readonly Part[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, names: MONTHS },
  // 7 is Sunday too, in cron only.
  { name: 'weekday', from: 0, to: 7, names: WEEKDAYS },
]

/**
 * A five-field cron expression as EventBridge Scheduler's six fields. AWS counts weekdays from 1, wants `?`
 * in one of day and weekday, and has a year; every field is written out as a list, so that no difference in
 * steps or names matters. Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 *
 * @throws TributaryError `invalid_declaration` for what cannot be read, or restricts both day and weekday
 * (cron means either of them; AWS cannot say it)
 *
 * @example awsCron('ingest', '30 4 * * 1-5') === '30 4 ? * MON-FRI *'
 */
export function awsCron(schedule: string, cron: string): string {
  const fail = (problem: string): never => {
    throw new TributaryError('invalid_declaration', `schedule ${schedule}: "${cron}": ${problem}`)
  }
  const texts = cron.trim().split(/\s+/)
  if (texts.length !== PARTS.length) fail('write minute hour day month weekday')
  const [minutes, hours, days, months, weekdays] = PARTS.map((part, i) => valuesOf(part, texts[i]!, fail))
  const sevenDays = [...new Set(weekdays!.map(day => day % 7))].sort((a, b) => a - b)
  const anyDay = days!.length === 31
  const anyWeekday = sevenDays.length === 7
  if (!anyDay && !anyWeekday) fail('restricts both day and weekday; declare two schedules')
  return [
    written(minutes!, 60),
    written(hours!, 24),
    anyWeekday ? written(days!, 31) : '?',
    written(months!, 12),
    anyWeekday ? '?' : written(sevenDays, 7, WEEKDAYS),
    '*',
  ].join(' ')
}

/** The values a field allows, sorted. */
function valuesOf(part: Part, text: string, fail: (problem: string) => never): readonly number[] {
  const values = text.split(',').flatMap(item => itemValues(part, item, fail))
  return [...new Set(values)].sort((a, b) => a - b)
}

function itemValues(part: Part, item: string, fail: (problem: string) => never): readonly number[] {
  const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item)
  if (match === null) return fail(`cannot read "${item}" as ${part.name}`)
  const [, start = '', end, step] = match
  const from = start === '*' ? part.from : numberOf(part, start)
  const open = start === '*' || (end === undefined && step !== undefined)
  const last = part.name === 'weekday' && start === '*' ? 6 : part.to
  const to = open ? last : numberOf(part, end ?? start)
  const by = Number(step ?? 1)
  if (from === undefined || to === undefined || from > to || by < 1)
    return fail(`"${item}" is no ${part.name}; use ${part.from} to ${part.to}`)
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + i * by)
}

function numberOf({ from, to, names }: Part, text: string): number | undefined {
  const named = names?.indexOf(text.toUpperCase()) ?? -1
  const value = named === -1 ? Number(/^\d+$/.test(text) ? text : Number.NaN) : named + from
  return value >= from && value <= to ? value : undefined
}

/** `*` for all; else a list with runs as ranges. */
function written(values: readonly number[], all: number, names?: readonly string[]): string {
  if (values.length === all) return '*'
  const runs: { from: number; to: number }[] = []
  for (const value of values) {
    const last = runs.at(-1)
    if (last !== undefined && value === last.to + 1) last.to = value
    else runs.push({ from: value, to: value })
  }
  const text = (value: number) => names?.[value] ?? String(value)
  return runs.map(({ from, to }) => (from === to ? text(from) : `${text(from)}-${text(to)}`)).join(',')
}
