import { Ajv2020 } from 'ajv/dist/2020.js'
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { metricSchemas } from '../../../core/api/pipeline-schemas.ts'
import {
  count,
  distinct,
  first,
  last,
  mean,
  quantile,
  rate,
  ratio,
  stddev,
  sum,
  variance,
} from '../../../core/declare/measures.ts'
import { defineMetric } from '../../../core/declare/metric.ts'
import { emptyCells } from '../../../core/declare/metric-plan.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { compileAccumulator } from '../../../core/fold/accumulate.ts'
import { present } from '../../../core/fold/present.ts'
import { groupKey } from '../../../core/lake/group-key.ts'
import { metricRow, metricTable } from '../../../core/lake/warehouse-table.ts'
import { createTable } from '../../../drivers/warehouse/postgres/ddl.ts'
import { missingDdl } from '../../../drivers/warehouse/redshift/ddl.ts'
import { hostile } from '../sql/hostile-events.ts'

const declaration = defineMetric({
  name: 'every_measure',
  type: hostile.type,
  window: 'hour',
  measures: {
    events: count(),
    texts: distinct('s'),
    total: sum('n'),
    average: mean('n'),
    p95: quantile('n', 0.95),
    spread: stddev('n'),
    variance: variance('n'),
    a_second: rate('n'),
    share: ratio('total', 'events'),
    first_text: first('s'),
    last_instant: last('ont'),
    last_integer: last('i'),
    last_number: last('on'),
    last_flag: last('b'),
  },
})
const [metric] = compilePipeline({
  contracts: [{ file: 'hostile.ts', declaration: hostile }],
  metrics: [{ file: 'm.ts', declaration }],
  schedules: [],
}).metrics
const table = metricTable(metric!)

describe('the table of a metric', () => {
  test('has a column for each measure, in the type of what it shows', () => {
    const [sql] = createTable('"public"."kept"', table)
    for (const column of [
      ...['"events" bigint', '"texts" bigint', '"total" numeric(38,6)', '"average" double precision'],
      ...['"p95" double precision', '"spread" double precision', '"variance" double precision'],
      ...['"a_second" double precision', '"share" double precision', '"first_text" text'],
      ...['"last_instant" timestamptz', '"last_integer" bigint', '"last_number" numeric(18,2)'],
      '"last_flag" boolean',
    ])
      expect(sql).toContain(column)
  })

  test('is the same in Redshift', () => {
    const existing = new Map([['tributary-lock', new Set<string>()]])
    const sql = missingDdl({ schema: 'public', platform: 'p' }, [table], existing).join(';\n')
    for (const column of [
      ...['"events" BIGINT', '"spread" DOUBLE PRECISION', '"first_text" VARCHAR(65535)'],
      ...['"last_instant" TIMESTAMPTZ', '"last_number" DECIMAL(18, 2)', '"last_flag" BOOLEAN'],
    ])
      expect(sql).toContain(column)
  })

  test('says of each column what it is', () => {
    const described = Object.fromEntries(table.columns.map(({ name, description }) => [name, description]))
    expect(described).toMatchObject({
      ...{ events: 'number of events', total: 'sum of n', first_text: 'first value of s' },
      ...{ a_second: 'sum of n a second', share: 'total divided by events' },
    })
  })
})

describe('the schema of a metric’s answer', () => {
  const schemas = JSON.parse(JSON.stringify(metricSchemas([metric!]))) as Record<string, object>
  const isAnswer = new Ajv2020({ strict: false, validateFormats: false }).compile(
    schemas['metric.every_measure']!,
  )
  const answer = (values: object) => ({
    ...{ metric: 'every_measure', window: 'hour' },
    rows: [{ window: '2026-01-01T00:00:00Z', group: {}, values }],
    provenance: { boundary: null, run: null, asOf: '2026-01-01T00:00:00Z', lagMs: 0 },
  })
  const nothing = present(metric!, emptyCells(metric!), 3_600_000)

  test('takes what is shown of nothing, and values in the types of their fields', () => {
    expect(isAnswer(answer(nothing))).toBe(true)
    const some = { first_text: '', last_instant: '0001-01-01T00:00:00Z', last_integer: -1, last_flag: false }
    expect(isAnswer(answer({ ...nothing, ...some, last_number: 0.01, spread: 1.5 }))).toBe(true)
  })

  test.each([
    { first_text: 1 },
    { last_integer: 0.5 },
    { last_flag: 'true' },
    { spread: '1' },
    { events: null },
  ])('does not take %j', wrong => {
    expect(isAnswer(answer({ ...nothing, ...wrong }))).toBe(false)
  })
})

test('a group field called like what every object has is NULL where it is missing', () => {
  const data = Type.Object({ driver: Type.String(), constructor: Type.Optional(Type.String()) })
  const type = 'com.example.result'
  const { metrics } = compilePipeline({
    contracts: [{ file: 'c', declaration: { type, version: 1, partitionBy: ['driver'], data } }],
    metrics: [
      {
        file: 'm',
        declaration: { name: 'results', type, window: 'day', by: ['constructor'], measures: { n: count() } },
      },
    ],
    schedules: [],
  })
  const row = (group: string) =>
    metricRow(metrics[0]!, { window: 0, group, cells: emptyCells(metrics[0]!) })[1]
  expect([row('{}'), row('{"constructor":"red"}')]).toEqual([null, 'red'])
})

test('a group is named by itself, or by its digest where it is too long for an index', () => {
  const named = (length: number) => groupKey(JSON.stringify({ url: 'é'.repeat(length) }))
  expect(named(900)).toBe(JSON.stringify({ url: 'é'.repeat(900) }))
  expect(named(2000)).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(named(2000)).not.toBe(named(2001))
})

test('instants of groups and measures are in UTC, whatever offset and digits they were sent with', () => {
  const data = Type.Object({ id: Type.String(), at: Type.String({ format: 'date-time' }) })
  const type = 'com.example.booking'
  const measures = { latest: last('at') }
  const { metrics } = compilePipeline({
    contracts: [{ file: 'c', declaration: { type, version: 1, partitionBy: ['id'], data } }],
    metrics: [{ file: 'm', declaration: { name: 'bookings', type, window: 'day', by: ['at'], measures } }],
    schedules: [],
  })
  const metric = metrics[0]!
  const at = '9999-12-31T23:59:59.9999999+16:00'
  const { add, groupOf } = compileAccumulator(metric)
  const cells = [...emptyCells(metric)]
  add(cells, { id: 'a', at }, 0, '0'.repeat(30))
  const row = metricRow(metric, { window: 0, group: groupOf({ at }), cells })
  expect(row).toEqual([
    '1970-01-01T00:00:00.000Z',
    '9999-12-31T07:59:59.999999Z',
    '9999-12-31T07:59:59.999999Z',
    JSON.stringify({ at }),
  ])
  const told = metricTable(metric).columns.find(({ name }) => name === 'at')!.description
  expect(told).toMatch(/^at; rows go by its text as it was sent/)
})
