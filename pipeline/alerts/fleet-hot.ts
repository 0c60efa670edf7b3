import { defineAlert, threshold } from '../../core/declare/alerts/alert.ts'

export default defineAlert({
  name: 'fleet_hot',
  title: 'The fleet runs hot',
  description: 'Look at charging stations that stand in the sun, and take boards above 60 °C out of service.',
  metric: 'fleet_minutely',
  when: threshold('temperature_mean', { above: 60 }),
  for: 3,
  // Who is to be told: to: [webhook('OPS_WEBHOOK_URL')], with the URL in that environment variable.
})
