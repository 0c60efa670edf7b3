import { count } from '../../../../core/declare/measures.ts'
import { defineMetric } from '../../../../core/declare/metric.ts'

export default defineMetric({
  name: 'notes',
  type: 'com.example.note',
  window: 'day',
  by: ['author'],
  measures: { n: count() },
})
