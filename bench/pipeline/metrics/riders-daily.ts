import { count, distinct, quantile } from '../../../core/declare/measures.ts'
import { defineMetric } from '../../../core/declare/metric.ts'

export default defineMetric({
  name: 'riders_daily',
  type: 'com.tributary.trip',
  window: 'day',
  where: { trip_duration: { gte: 1 } },
  measures: { trips: count(), riders: distinct('customer_id'), median: quantile('trip_duration', 0.5) },
})
