const declared = (
  name: string,
  machine: string,
  when: string,
  input: string,
) => `import { defineSchedule } from '../../core/declare/schedule.ts'
export default defineSchedule({ name: '${name}', machine: '${machine}', when: ${when}, input: ${input} })
`

/** Schedules as a user writes them, and what EventBridge Scheduler is to be told. */
export const schedules: Readonly<Record<string, { readonly text: string; readonly expression: string }>> = {
  daily: {
    text: declared('daily', 'backfill', "{ cron: '30 4 * * *' }", "{ last: '1d' }"),
    expression: 'cron(30 4 * * ? *)',
  },
  weekly: {
    text: declared('weekly', 'batch', "{ cron: '0 3 * * 1' }", '{}'),
    expression: 'cron(0 3 ? * MON *)',
  },
  monthly: {
    text: declared('monthly', 'spark', "{ cron: '0 2 1 * *' }", "{ scripts: ['s3://bucket/monthly.sql'] }"),
    expression: 'cron(0 2 1 * ? *)',
  },
}
