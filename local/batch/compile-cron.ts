import { Cron } from 'croner'
import { type Cron as CronValues, cronProblem, parseCron } from '../../core/declare/cron.ts'
import { TributaryError } from '../../core/errors.ts'

/**
 * With the values that core/declare/cron.ts reads, as on AWS (deploy/generate/aws-cron.ts): what "every" is
 * in a field, a step and a name are read once. Of day and weekday one is every, so that both have to hold.
 *
 * @throws TributaryError `invalid_declaration` for what cannot be read or never comes true
 */
export function compileCron(name: string, text: string): Cron {
  const wrong = cronProblem(text)
  if (wrong !== undefined)
    throw new TributaryError(
      'invalid_declaration',
      `schedule ${name}: "${text}" ${wrong.problem}; ${wrong.remedy}`,
    )
  const { minutes, hours, days, months, weekdays } = parseCron(text) as CronValues
  const pattern = [minutes, hours, days, months, weekdays].map(values => values.join()).join(' ')
  return new Cron(pattern, { timezone: 'UTC', mode: '5-part', paused: true, domAndDow: true })
}
