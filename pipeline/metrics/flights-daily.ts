import { count, distinct, max, mean, quantile } from '../../core/declare/measures.ts'
import { defineMetric } from '../../core/declare/metric.ts'

export default defineMetric({
  name: 'flights_daily',
  title: 'Flights a day, by origin',
  type: 'com.tributary.flight',
  window: 'day',
  by: ['origin'],
  measures: {
    flights: count(),
    delay_mean: mean('delay'),
    delay_p95: quantile('delay', 0.95),
    longest: max('distance'),
    destinations: distinct('destination'),
  },
})
