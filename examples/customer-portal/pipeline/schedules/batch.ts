import { defineSchedule } from '../../../../core/declare/schedule.ts'

export default defineSchedule({
  name: 'batch',
  description: 'Makes the numbers of every closed epoch exact.',
  machine: 'batch',
  when: 'epoch-close',
})
