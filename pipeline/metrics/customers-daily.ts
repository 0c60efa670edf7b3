import { count, distinct } from '../../core/declare/measures.ts'
import { defineMetric } from '../../core/declare/metric.ts'

export default defineMetric({
  name: 'customers_daily',
  title: 'Customers a day',
  type: 'com.tributary.customer',
  window: 'day',
  measures: { reports: count(), customers: distinct('id') },
})
