import { count, distinct } from '../../core/measures.ts'
import { defineMetric } from '../../core/metric.ts'

export default defineMetric({
  name: 'customers_daily',
  title: 'Customers a day',
  type: 'com.tributary.customer',
  window: 'day',
  measures: { reports: count(), customers: distinct('id') },
})
