import { defineSchedule } from '../../core/schedule.ts'

export default defineSchedule({
  name: 'file-ingest',
  description: 'Takes in the files of events that were put into the inbox.',
  machine: 'file-ingest',
  when: { cron: '30 2 * * *' },
})
