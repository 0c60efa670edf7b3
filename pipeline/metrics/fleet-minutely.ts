import { count, distinct, max, mean, min } from '../../core/declare/measures.ts'
import { defineMetric } from '../../core/declare/metric.ts'

export default defineMetric({
  name: 'fleet_minutely',
  title: 'The fleet, minute by minute',
  type: 'com.tributary.hoverboard',
  window: 'minute',
  by: ['is_docked'],
  measures: {
    reports: count(),
    boards: distinct('id'),
    charge_mean: mean('charge'),
    charge_min: min('charge'),
    speed_max: max('speed'),
    temperature_mean: mean('temperature'),
  },
})
