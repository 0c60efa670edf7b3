import { count, sum } from '../../../../core/declare/measures.ts'
import { defineMetric } from '../../../../core/declare/metric.ts'

export default defineMetric({
  ...{ name: 'steps', type: 'com.example.step', window: 'day', by: ['client'] },
  measures: { taken: count(), n: sum('n'), price: sum('price') },
})
