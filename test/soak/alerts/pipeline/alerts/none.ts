import { absence, defineAlert } from '../../../../../core/declare/alerts/alert.ts'
import { TO } from '../told.ts'

export default defineAlert({
  name: 'none',
  metric: 'fleet_minutely',
  lateness: '30s',
  when: absence(),
  to: TO,
})
