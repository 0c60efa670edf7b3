import { count } from '../../../../core/declare/measures.ts'
import { defineMetric } from '../../../../core/declare/metric.ts'

export default defineMetric({
  name: 'clicks',
  type: 'com.example.click',
  window: 'day',
  measures: { n: count() },
})
