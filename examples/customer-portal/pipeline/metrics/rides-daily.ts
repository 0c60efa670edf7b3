import { count, last, sum } from '../../../../core/declare/measures.ts'
import { defineMetric } from '../../../../core/declare/metric.ts'

/** Grouped by the field that tells customers apart: who is limited to one of them can read it. */
export default defineMetric({
  name: 'rides_daily',
  type: 'com.portal.ride',
  window: 'day',
  by: ['customer_id'],
  measures: { rides: count(), minutes: sum('minutes'), latest: last('destination') },
})
