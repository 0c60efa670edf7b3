import { defineSchedule } from '../../core/schedule.ts'

export default defineSchedule({
  name: 'batch',
  description: 'Makes the numbers of every closed epoch exact.',
  machine: 'batch',
  when: 'epoch-close',
})
