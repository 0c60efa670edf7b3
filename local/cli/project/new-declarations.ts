/** Files of a new project's pipeline, by their path: an event type, a metric over it, and a test of both. */
export const DECLARATIONS: Readonly<Record<string, string>> = {
  'pipeline/contracts/order.ts': `import { defineContract, Type } from 'tributary'

export default defineContract({
  type: 'com.example.order',
  version: 1,
  title: 'Order',
  description: 'An order that a customer has paid for.',
  partitionBy: ['customer_id'],
  scale: 2,
  data: Type.Object({
    order_id: Type.Integer(),
    customer_id: Type.Integer(),
    amount: Type.Number({ minimum: 0 }),
    country: Type.String({ pattern: '^[A-Z]{2}$' }),
  }),
})
`,
  'pipeline/metrics/orders-hourly.ts': `import { count, defineMetric, distinct, sum } from 'tributary'

export default defineMetric({
  name: 'orders_hourly',
  title: 'Orders an hour, by country',
  type: 'com.example.order',
  window: 'hour',
  by: ['country'],
  measures: { orders: count(), revenue: sum('amount'), customers: distinct('customer_id') },
})
`,
  'pipeline/schedules/batch.ts': `import { defineSchedule } from 'tributary'

export default defineSchedule({
  name: 'batch',
  description: 'Makes the numbers of every closed epoch exact.',
  machine: 'batch',
  when: 'epoch-close',
})
`,
  'pipeline/tests/orders.test.yaml': `name: orders count once, in the hour they were made in
events:
  - id: a
    type: com.example.order
    time: 2026-01-31T09:05:00Z
    data: { order_id: 1, customer_id: 7, amount: 12.50, country: DE }
  - id: b
    type: com.example.order
    time: 2026-01-31T09:40:00Z
    data: { order_id: 2, customer_id: 7, amount: 20, country: DE }
  # Sent again: it counts once.
  - id: b
    type: com.example.order
    time: 2026-01-31T09:40:00Z
    data: { order_id: 2, customer_id: 7, amount: 20, country: DE }
  # Not as the contract says: it is kept, with the reason, and counts nowhere.
  - id: c
    type: com.example.order
    time: 2026-01-31T09:45:00Z
    data: { order_id: 3, customer_id: 8, amount: -1, country: DE }
  # Received two hours late: it counts in its own hour all the same.
  - id: d
    received: 2026-01-31T12:10:00Z
    type: com.example.order
    time: 2026-01-31T09:50:00Z
    data: { order_id: 4, customer_id: 9, amount: 5, country: FR }
expect:
  duplicates: 1
  rejected:
    - { id: c, code: out_of_range, detail: amount }
  metrics:
    orders_hourly:
      - window: 2026-01-31T09:00:00Z
        group: { country: DE }
        values: { orders: 2, revenue: 32.5, customers: 1 }
      - window: 2026-01-31T09:00:00Z
        group: { country: FR }
        values: { orders: 1, revenue: 5 }
`,
  'events.ndjson': `{"specversion":"1.0","id":"a","source":"/shop","type":"com.example.order","time":"2026-01-31T09:05:00Z","data":{"order_id":1,"customer_id":7,"amount":12.5,"country":"DE"}}
{"specversion":"1.0","id":"b","source":"/shop","type":"com.example.order","time":"2026-01-31T09:40:00Z","data":{"order_id":2,"customer_id":7,"amount":20,"country":"DE"}}
{"specversion":"1.0","id":"c","source":"/shop","type":"com.example.order","time":"2026-01-31T10:20:00Z","data":{"order_id":3,"customer_id":8,"amount":5,"country":"FR"}}
`,
}
