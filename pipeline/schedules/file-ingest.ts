import { defineSchedule } from '../../core/declare/schedule.ts'

export default defineSchedule({
  name: 'file-ingest',
  description: 'Takes in the files of events that were put into the inbox.',
  machine: 'file-ingest',
  when: { cron: '30 2 * * *' },
})
