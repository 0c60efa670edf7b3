import { count } from '../../../../core/declare/measures.ts'
import { defineMetric } from '../../../../core/declare/metric.ts'

/** The one metric that the stream peers compute too: see ../../kafka/StreamCount.java. */
export default defineMetric({
  name: 'trips_count',
  type: 'com.tributary.trip',
  window: 'hour',
  by: ['hoverboard_id'],
  measures: { trips: count() },
})
