import { defineSchedule } from '../../core/declare/schedule.ts'

export default defineSchedule({
  name: 'weekly-aggregation',
  description: 'Computes the past week anew from raw data, and reconciles it.',
  machine: 'backfill',
  when: { cron: '0 3 * * 1' },
  input: { last: '7d' },
})
