import { defineAlert, threshold } from '../../../../../core/declare/alerts/alert.ts'
import { TO } from '../told.ts'

export default defineAlert({
  name: 'busy',
  metric: 'fleet_minutely',
  lateness: '30s',
  when: threshold('reports', { above: 50 }),
  to: TO,
})
