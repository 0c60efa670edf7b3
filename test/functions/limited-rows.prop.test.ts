import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Access } from '../../core/access/access.ts'
import { compileGroup } from '../../core/data/group.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { createGathering, exactGroups } from '../../core/fold/rollup.ts'
import { createHandler } from '../../functions/metrics.ts'
import type { HttpEvent } from '../../functions/middleware/http.ts'
import type { MetricQuery } from '../../steps/query-metric.ts'

const field = (name: string, kind: string, nullable = false) => ({ name, path: [name], kind, nullable })
const metric = {
  ...{ name: 'orders', id: 'orders-1', type: 'com.example.order', window: 'hour' },
  by: [field('customer_id', 'integer'), field('region', 'string', true), field('constructor', 'string')],
  measures: [{ name: 'orders', measure: { kind: 'count' } }],
} as unknown as Metric
const textOf = compileGroup(metric.by)

const groups = [1, 7, 70].flatMap(customer_id =>
  ['EU', 'US', null].flatMap(region => ['a', 'b'].map(c => ({ customer_id, region, constructor: c }))),
)

/** The groups that views would combine into the answer, by the rule that they have for it. */
function seen({ where, by }: MetricQuery) {
  const rollup = { windows: { declared: 'hour', asked: 'hour' } as const, by, where }
  const exact = exactGroups(metric.by, where)
  return groups.filter(group => {
    if (exact !== undefined && !exact.includes(textOf(group))) return false
    const gathering = createGathering(['count'] as never, rollup, 10)
    gathering.add(0, textOf(group), () => [1] as never)
    return gathering.rows().length > 0
  })
}

const values = (name: string) =>
  name === 'customer_id'
    ? fc.constantFrom('7', '1', '70', '07', '-0', '7.0', '*')
    : fc.constantFrom('EU', 'US', 'null', '', 'a', 'b', '__proto__')
const names = fc.constantFrom('customer_id', 'region', 'constructor', 'where', '__proto__', 'customer_id ')
const parameter = fc.oneof(
  { weight: 4, arbitrary: names.chain(name => values(name).map(value => [`where.${name}`, value] as const)) },
  fc
    .constantFrom(['by', ''], ['by', 'region'], ['by', 'customer_id,constructor'], ['layer', 'speed'])
    .map(one => one as unknown as readonly [string, string]),
  fc
    .constantFrom(['window', 'day'], ['order', '-orders'], ['limit', '5'], ['from', '2026-01-01'])
    .map(one => one as unknown as readonly [string, string]),
)
const limits = fc.record(
  {
    customer_id: fc.uniqueArray(fc.constantFrom(1, 7, 70, 8), { minLength: 1 }),
    region: fc.uniqueArray(fc.constantFrom('EU', 'US', null), { minLength: 1 }),
    constructor: fc.uniqueArray(fc.constantFrom('a', 'b'), { minLength: 1 }),
  },
  { requiredKeys: [] },
)

test('a query of a key limited to rows shows rows of these alone, whatever it asks for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(parameter, { maxLength: 6 }), limits, async (parameters, where) => {
      let asked: MetricQuery | undefined
      const handler = createHandler({
        pipeline: { metrics: [metric] },
        queryMetric: async query => {
          asked = query
          return { metric: 'orders', window: 'hour', rows: [], provenance: {} } as never
        },
      })
      const event = {
        pathParameters: { name: 'orders' },
        rawQueryString: new URLSearchParams(parameters as never).toString(),
        headers: {},
      } as unknown as HttpEvent
      const access: Access = { name: 'customer', read: 'all', where }
      // A refusal shows nothing at all.
      await Promise.resolve(handler(event, access)).catch(() => undefined)
      for (const group of asked === undefined ? [] : seen(asked))
        for (const [name, allowed] of Object.entries(where))
          expect(allowed).toContain(group[name as keyof typeof group])
    }),
    { numRuns: 2000 },
  )
})

test('what is held of a metric names no groups to a key limited to rows', async () => {
  const held = { kind: 'metric', name: 'orders', keys: ['2026-01-01T00:00:00Z {"customer_id":70}'] }
  const handler = createHandler({
    pipeline: { metrics: [metric] },
    queryMetric: async () => ({ metric: 'orders', window: 'hour', rows: [], provenance: { held } }) as never,
  })
  const event = {
    pathParameters: { name: 'orders' },
    rawQueryString: '',
    headers: {},
  } as unknown as HttpEvent
  const heldTo = async (access: Access) =>
    JSON.parse((await handler(event, access)).body ?? '').provenance.held as unknown
  expect(await heldTo({ name: 'all', read: 'all' })).toEqual(held)
  expect(await heldTo({ name: 'customer', read: 'all', where: { customer_id: [7] } })).toEqual({
    ...held,
    keys: [],
  })
})
