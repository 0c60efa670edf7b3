import { type Cron, cronProblem, parseCron, WEEKDAYS } from '../../core/declare/cron.ts'
import { TributaryError } from '../../core/errors.ts'

/**
 * A five-field cron expression as EventBridge Scheduler's six fields. AWS counts weekdays from 1, wants `?`
 * in one of day and weekday, and has a year; every field is written out as a list, so that no difference in
 * steps or names matters. Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 *
 * @throws TributaryError `invalid_declaration` for what core/declare/cron.ts refuses
 *
 * @example awsCron('ingest', '30 4 * * 1-5') === '30 4 ? * MON-FRI *'
 */
export function awsCron(schedule: string, cron: string): string {
  const wrong = cronProblem(cron)
  if (wrong !== undefined)
    throw new TributaryError(
      'invalid_declaration',
      `schedule ${schedule}: "${cron}" ${wrong.problem}; ${wrong.remedy}`,
    )
  const { minutes, hours, days, months, weekdays } = parseCron(cron) as Cron
  const anyWeekday = weekdays.length === 7
  return [
    written(minutes, 60),
    written(hours, 24),
    anyWeekday ? written(days, 31) : '?',
    written(months, 12),
    anyWeekday ? '?' : written(weekdays, 7, WEEKDAYS),
    '*',
  ].join(' ')
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
