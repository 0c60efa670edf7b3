import { count, max, mean, sum } from '../../../core/measures.ts'
import { defineMetric } from '../../../core/metric.ts'

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
