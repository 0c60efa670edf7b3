import fc from 'fast-check'
import { expect, test } from 'vitest'
import { count, sum } from '../../../core/declare/measures.ts'
import {
  contractIdentity,
  goesOn,
  identityFound,
  isOfEvents,
  metricIdentity,
} from '../../../core/lake/table-identity.ts'
import { contractTable, metricTable, type WarehouseTable } from '../../../core/lake/warehouse-table.ts'
import { order, orders, pipelineOf, visits } from '../../steps/batch/batch-kit.ts'

const metricOf = (more: object) => {
  const { metrics } = pipelineOf([{ ...orders, ...more }])
  return metricIdentity(metrics[0]!, metricTable(metrics[0]!))
}

test.each([
  ['its groups', { by: [] }],
  ['its filter', { where: { amount: { gt: 1 } } }],
  ['its window', { window: 'hour' }],
  ['a measure', { measures: { orders: count() } }],
  ['what a measure measures', { measures: { ...orders.measures, revenue: sum('customer') } }],
])('the table of a metric does not go on where %s changes', (_, more) => {
  expect(goesOn(metricOf({}), metricOf({}))).toBe(true)
  expect(goesOn(metricOf({}), metricOf(more))).toBe(false)
})

test('a title or description changes nothing', () => {
  expect(goesOn(metricOf({}), metricOf({ title: 'Orders', description: 'of a day' }))).toBe(true)
})

const columns = fc.uniqueArray(
  fc.record({
    name: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'amount')),
    type: fc.constantFrom('text' as const, 'bigint' as const, 'double' as const),
    description: fc.constant(''),
  }),
  { selector: column => column.name },
)

test('the table of a type goes on exactly where no column that it keeps changes its type', () => {
  const { latest } = pipelineOf([visits])
  const table = contractTable(latest.get(order.type)!, [order.type])
  const of = (own: WarehouseTable['columns']) => contractIdentity(order.type, { ...table, columns: own })
  fc.assert(
    fc.property(columns, columns, (before, after) => {
      const types = new Map(before.map(({ name, type }) => [name, type]))
      const same = after.every(({ name, type }) => (types.get(name) ?? type) === type)
      expect(goesOn(of(before), of(after))).toBe(same)
    }),
  )
  expect(isOfEvents(of([]))).toBe(true)
  expect(goesOn(of([]), contractIdentity('com.example.other', table))).toBe(false)
  expect([isOfEvents(''), goesOn('', of([]))]).toEqual([false, false])
})

test('a table that lacks one of its columns does not go on, and one with more of them does', () => {
  const { latest } = pipelineOf([visits])
  const table = contractTable(latest.get(order.type)!, [order.type])
  const identity = contractIdentity(order.type, table)
  const names = table.columns.map(({ name }) => name)
  expect(identityFound(identity, new Set([...names, 'of somebody else']))).toBe(identity)
  for (const gone of names) {
    const found = identityFound(identity, new Set(names.filter(name => name !== gone)))
    expect([goesOn(found, identity), isOfEvents(found)]).toEqual([false, true])
  }
  expect(identityFound('', new Set())).toBe('')
})
