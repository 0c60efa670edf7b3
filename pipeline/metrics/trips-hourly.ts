import { count, distinct, max, mean, min, quantile, sum } from '../../core/declare/measures.ts'
import { defineMetric } from '../../core/declare/metric.ts'

export default defineMetric({
  name: 'trips_hourly',
  title: 'Trips an hour, by hoverboard',
  type: 'com.tributary.trip',
  window: 'hour',
  by: ['hoverboard_id'],
  measures: {
    trips: count(),
    minutes: sum('trip_duration'),
    longest: max('trip_duration'),
    shortest: min('trip_duration'),
    mean_duration: mean('trip_duration'),
    riders: distinct('customer_id'),
    p95_duration: quantile('trip_duration', 0.95),
  },
})
