import { change, defineAlert } from '../../../../../core/declare/alerts/alert.ts'
import { TO } from '../told.ts'

export default defineAlert({
  name: 'jump',
  metric: 'fleet_minutely',
  lateness: '30s',
  when: change('reports', { against: 'previous', difference: { above: 25 } }),
  to: TO,
})
