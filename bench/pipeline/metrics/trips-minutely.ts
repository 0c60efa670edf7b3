import { count, max, mean, sum } from '../../../core/declare/measures.ts'
import { defineMetric } from '../../../core/declare/metric.ts'

export default defineMetric({
  name: 'trips_minutely',
  type: 'com.tributary.trip',
  window: 'minute',
  measures: {
    trips: count(),
    minutes: sum('trip_duration'),
    longest: max('trip_duration'),
    mean: mean('trip_duration'),
  },
})
