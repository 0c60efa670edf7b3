import { defineSchedule } from '../../core/declare/schedule.ts'

export default defineSchedule({
  name: 'monthly-delivery',
  description: 'Writes the rows of every metric of the month before as CSV and Parquet.',
  machine: 'delivery',
  when: { cron: '0 5 1 * *' },
})
