import { count, mean } from '../../core/declare/measures.ts'
import { defineMetric } from '../../core/declare/metric.ts'

export default defineMetric({
  name: 'routes_hourly',
  title: 'Flights an hour, by route',
  type: 'com.tributary.flight',
  window: 'hour',
  by: ['origin', 'destination'],
  measures: { flights: count(), delay_mean: mean('delay') },
})
