import { describe, expect, test } from 'vitest'
import { type ContractDeclaration, defineContract } from '../../../core/declare/contract.ts'
import { count, distinct, mean, quantile, sum } from '../../../core/declare/measures.ts'
import { defineMetric, type MetricDeclaration } from '../../../core/declare/metric.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { defineSchedule, type ScheduleDeclaration } from '../../../core/declare/schedule.ts'
import { TributaryError } from '../../../core/errors.ts'

const contract: ContractDeclaration = {
  ...{ type: 'com.example.order', version: 1, partitionBy: ['id'], scale: 2 },
  data: {
    type: 'object',
    required: ['id'],
    properties: {
      id: { type: 'integer' },
      amount: { type: 'number' },
      status: { type: 'string' },
      paid: { type: 'boolean' },
      at: { type: 'string', format: 'date-time' },
      tags: { type: 'array' } as ContractDeclaration['data'],
      ship: { type: 'object', properties: { to: { type: 'string' } } },
    },
  },
}
const metric: MetricDeclaration = {
  ...{ name: 'orders_daily', type: 'com.example.order', window: 'day' },
  measures: { orders: count() },
}
const compile = (
  contracts: readonly ContractDeclaration[],
  metrics: readonly MetricDeclaration[] = [],
  schedules: readonly ScheduleDeclaration[] = [],
) =>
  compilePipeline({
    contracts: contracts.map((declaration, i) => ({ file: `contracts/c${i}.ts`, declaration })),
    metrics: metrics.map((declaration, i) => ({ file: `metrics/m${i}.ts`, declaration })),
    schedules: schedules.map((declaration, i) => ({ file: `schedules/s${i}.ts`, declaration })),
  })

function refusal(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    expect(error).toBeInstanceOf(TributaryError)
    expect((error as TributaryError).code).toBe('invalid_declaration')
    return (error as TributaryError).message
  }
  throw new Error('it was not refused')
}

const withData = (properties: Record<string, ContractDeclaration['data']>, rest: object = {}) =>
  ({ ...contract, ...rest, data: { type: 'object', properties } }) as ContractDeclaration
const nested = (name: string) => ({ type: 'object', properties: { [name]: { type: 'string' } } })
const wide = (fields: number, type = 'integer') =>
  withData({
    id: { type: 'integer' },
    ...Object.fromEntries(Array.from({ length: fields }, (_, i) => [`attribute_${i}`, { type }])),
  })
const unscaled: ContractDeclaration = {
  ...withData({ id: { type: 'integer' }, amount: { type: 'number' } }),
  scale: undefined as never,
}

describe('a metric that cannot work is refused with its file, the field and a remedy', () => {
  test.each<[string, Partial<MetricDeclaration>, string, string]>([
    ['an unknown type', { type: 'com.example.other' }, 'com.example.other', 'com.example.order'],
    ['an unknown field in by', { by: ['nope'] }, 'nope', 'use one of id, amount'],
    ['an object in by', { by: ['ship'] }, 'ship', 'ship.to'],
    ['an array in by', { by: ['tags'] }, 'tags', 'group by a field inside it'],
    ['a field twice in by', { by: ['id', 'id'] }, 'id', 'leave it out'],
    ['an unknown field in a measure', { measures: { m: sum('nope') } }, 'nope', 'use one of'],
    ['a sum of text', { measures: { m: sum('status') } }, 'status', 'count or distinct'],
    ['a mean of an instant', { measures: { m: mean('at') } }, 'at', 'count or distinct'],
    ['a quantile of a boolean', { measures: { m: quantile('paid', 0.5) } }, 'paid', 'count or distinct'],
    ['a distinct of an array', { measures: { m: distinct('tags') } }, 'tags', 'name a field inside it'],
    [
      'a measure named like a group column',
      { by: ['status'], measures: { status: count() } },
      'status',
      'rename',
    ],
    [
      'a measure named like the window column',
      { measures: { window_start: count() } },
      'window_start',
      'rename',
    ],
    ['a measure named like the key column', { measures: { group_key: count() } }, 'group_key', 'rename'],
    ['an unknown field in where', { where: { nope: { exists: true } } }, 'nope', 'use one of'],
    ['an unknown condition', { where: { status: { like: 'x' } as never } }, 'like', 'eq, in, gt'],
    ['a number compared with text', { where: { amount: { gt: 'x' } } }, 'amount', 'give a number'],
    ['text compared with a number', { where: { status: { eq: 1 } } }, 'status', 'give a string'],
    ['an order of booleans', { where: { paid: { gt: true as never } } }, 'paid', 'use eq'],
    ['an instant compared', { where: { at: { eq: 'x' } } }, 'at', 'exists'],
    ['in without a list', { where: { status: { in: 'a' as never } } }, 'status', 'write { in: [ … ] }'],
    ['in with null among numbers of text', { where: { amount: { in: [1, '2'] } } }, '"2"', 'give a number'],
    ['null in an order', { where: { amount: { lt: null as never } } }, 'null', 'give a number'],
  ])('%s', (_what, change, field, remedy) => {
    const message = refusal(() => compile([contract], [{ ...metric, ...change }]))
    expect(message).toContain('metrics/m0.ts: ')
    expect(message).toContain(field)
    expect(message).toContain(remedy)
  })

  test.each<[string, Partial<MetricDeclaration>]>([
    ['a measure', { measures: { m: sum('amount') } }],
    ['a distinct', { measures: { m: distinct('amount') } }],
    ['by', { by: ['amount'] }],
    ['where', { where: { amount: { gt: 0 } } }],
  ])('a number without decimal places in %s', (_what, change) => {
    const message = refusal(() => compile([unscaled], [{ ...metric, ...change }]))
    expect(message).toContain('metrics/m0.ts: ')
    expect(message).toContain('"amount"')
    expect(message).toContain('multipleOf such as 0.01, or the contract a scale')
  })

  test.each<[string, Partial<MetricDeclaration>, string]>([
    ['a name that is no table name', { name: 'Orders-Daily' }, 'lower-case'],
    ['an unknown window', { window: 'week' as never }, 'minute, hour, day'],
    ['no measures', { measures: {} }, 'count()'],
    ['a measure that is no column name', { measures: { 'a b': count() } }, 'lower-case'],
    ['a quantile of 1', { measures: { p: quantile('amount', 1) } }, "quantile('field', 0.95)"],
    ['a quantile that is no number', { measures: { p: quantile('amount', Number.NaN) } }, 'quantile'],
    ['a quantile in quotes', { measures: { p: quantile('amount', '0.9' as never) } }, 'a number'],
    [
      'an unknown kind of measure',
      { measures: { m: { kind: 'average', field: 'amount' } as never } },
      'mean',
    ],
    ['a measure of no field', { measures: { m: { kind: 'sum' } as never } }, 'no field that is a string'],
    [
      'a key no measure has',
      { measures: { m: { kind: 'count', field: 'amount' } as never } },
      'takes nothing',
    ],
    ['by as text', { by: 'status' as never }, "['country']"],
    ['exists in quotes', { where: { status: { exists: 'false' as never } } }, 'true or false'],
    ['exists as a number', { where: { status: { exists: 0 as never } } }, 'true or false'],
    ['a condition that tests nothing', { where: { status: {} } }, 'eq, in, gt'],
    ['a condition that is a value', { where: { status: 'paid' as never } }, 'eq, in, gt'],
  ])('%s', (_what, change, remedy) => {
    expect(refusal(() => defineMetric({ ...metric, ...change }))).toContain(remedy)
    // However a file made what it exports: the same is checked of it.
    const message = refusal(() => compile([contract], [{ ...metric, ...change }]))
    expect(message).toContain('metrics/m0.ts: ')
    expect(message).toContain(remedy)
  })

  test.each<[string, Partial<MetricDeclaration>, string]>([
    ['a measure with a name that PostgreSQL keeps', { measures: { xmin: count() } }, 'xmin'],
    ['the name of a contract’s table', { name: 'order' }, 'so does "com.example.order"'],
  ])('%s', (_what, change, field) => {
    const message = refusal(() => compile([contract], [{ ...metric, ...change }]))
    expect(message).toContain('metrics/m0.ts: ')
    expect(message).toContain(field)
    expect(message).toContain('rename')
  })
})

test.each<[string, () => unknown, string]>([
  ['measurs', () => defineMetric(mistyped(metric, 'measures', 'measurs') as never), 'did you mean measures?'],
  ['widnow', () => defineMetric(mistyped(metric, 'window', 'widnow') as never), 'did you mean window?'],
  [
    'partitionBuy',
    () => defineContract(mistyped(contract, 'partitionBy', 'partitionBuy') as never),
    'did you mean partitionBy?',
  ],
  [
    'machin',
    () => defineSchedule({ name: 'a', machin: 'batch', when: 'epoch-close' } as never),
    'did you mean machine?',
  ],
])('%s in the place of a key that is needed is called mistyped, not missing', (key, define, remedy) => {
  expect(refusal(define)).toContain(`"${key}" is not known; ${remedy}`)
})

function mistyped(declaration: object, key: string, as: string): object {
  return Object.fromEntries(
    Object.entries(declaration).map(([name, value]) => [name === key ? as : name, value]),
  )
}

describe('a contract that cannot work is refused with its file, the field and a remedy', () => {
  test.each<[string, ContractDeclaration, string, string]>([
    ['a partition field that is not there', { ...contract, partitionBy: ['nope'] }, 'nope', 'use one of'],
    [
      'a partition field that is a list',
      { ...contract, partitionBy: ['tags'] },
      'tags',
      'name a field inside it',
    ],
    ['a subject that is not there', { ...contract, subject: 'who' }, 'who', 'use one of'],
    ['a sensitive field that is not there', { ...contract, sensitive: ['mail'] }, 'mail', 'use one of'],
    [
      'fields with one column',
      withData({ id: { type: 'integer' }, ID: { type: 'integer' } }),
      'ID',
      'rename',
    ],
    [
      'a field with a lineage column',
      withData({ id: { type: 'integer' }, epoch: { type: 'integer' } }),
      'epoch',
      'rename',
    ],
    [
      'two fields of one name',
      withData({ id: { type: 'integer' }, 'a.b': { type: 'string' }, a: nested('b') }),
      'two fields "a.b"',
      'rename one of them',
    ],
    ...['xmin', 'CTID', 'tableoid'].map((name): [string, ContractDeclaration, string, string] => [
      `a field named like the system column ${name}`,
      withData({ id: { type: 'integer' }, [name]: { type: 'number' } }),
      name,
      'rename it',
    ]),
    [
      'a field with a name longer than a column’s',
      withData({ id: { type: 'integer' }, ['ä'.repeat(32)]: { type: 'string' } }),
      'longer than 63 bytes',
      'shorten',
    ],
    ['more fields than a table has room for', wide(1700), '1701 fields', 'one column of JSON'],
    ['more booleans than a table has columns', wide(1700, 'boolean'), '1701 fields', 'one column of JSON'],
    ['more texts than a row has room for', wide(400, 'string'), '401 fields', 'one column of JSON'],
    [
      'a schema with a typo',
      withData({ id: { type: 'integer' }, a: { type: 'string', maxLenght: 3 } as object }),
      'data/properties/a has maxLenght',
      'did you mean maxLength?',
    ],
  ])('%s', (_what, declaration, field, remedy) => {
    const message = refusal(() => compile([declaration]))
    expect(message).toContain('contracts/c0.ts: ')
    expect(message).toContain(field)
    expect(message).toContain(remedy)
  })

  test.each<[string, Partial<ContractDeclaration>, string]>([
    ['a type without dots', { type: 'order' }, 'reverse-DNS'],
    ['version 0', { version: 0 }, 'start with 1'],
    ['version 1.5', { version: 1.5 }, 'version 1.5 is not a positive integer; write 1'],
    ['a version in quotes', { version: '1' as never }, 'version "1" is not a positive integer; write 1'],
    ['a version with points', { version: '2.0.1' as never }, 'write 2: versions are counted'],
    ['no version', { version: undefined as never }, 'add version: 1'],
    ['a scale of 16', { scale: 16 }, '0 to 15'],
    ['a scale in quotes', { scale: '2' as never }, 'scale "2" is not a number of decimal places'],
    ['data that is no object', { data: { type: 'string' } }, 'Type.Object'],
    ['no partition field', { partitionBy: [] }, 'must keep their order'],
    ['partitionBy as text', { partitionBy: 'id' as never }, 'in a list'],
    ['sensitive as text', { sensitive: 'id' as never }, "['email']"],
    ['a dedupe that is unknown', { dedupe: 'events' as never }, "'event' or 'record'"],
    ['a title that is no text', { title: 5 as never }, 'in quotes'],
  ])('%s', (_what, change, remedy) => {
    expect(refusal(() => defineContract({ ...contract, ...change }))).toContain(remedy)
  })
})

describe('a schedule that cannot work is refused', () => {
  const schedule: ScheduleDeclaration = { name: 'batch', machine: 'batch', when: 'epoch-close' }
  test.each<[string, Partial<ScheduleDeclaration>, string]>([
    ['a name with spaces', { name: 'a b' }, 'lower-case'],
    ['a machine with an ending', { machine: 'batch.asl.json' }, 'without its ending'],
    [
      'an input that its machine does not take',
      { input: { days: 7 } },
      'it takes accept, acceptLoss, late, restate, restateFrom, scripts',
    ],
    ['a machine without the input it needs', { machine: 'backfill' }, 'or "last"'],
    ['a cron expression of four fields', { when: { cron: '* * * *' } }, 'minute hour day month weekday'],
    ['a minute that does not exist', { when: { cron: '99 * * * *' } }, 'use 0 to 59'],
    ['a day that never comes', { when: { cron: '0 0 30 2 *' } }, 'a day that its months have'],
    ['a day and a weekday', { when: { cron: '0 3 1 * 1' } }, 'declare two schedules'],
    ['a moment with a typo', { when: 'epoch-closed' as never }, "'epoch-close'"],
    ['a key that no moment has', { when: { cron: '* * * * *', zone: 'UTC' } as never }, "{ cron: '5 3"],
    ['a description that is no text', { description: 5 as never }, 'in quotes'],
  ])('%s', (_what, change, remedy) => {
    expect(refusal(() => defineSchedule({ ...schedule, ...change }))).toContain(remedy)
  })
})

describe('declarations together', () => {
  test('that have one name are refused with both files', () => {
    expect(refusal(() => compile([contract, contract]))).toMatch(/contracts\/c1\.ts: .*contracts\/c0\.ts/)
    expect(refusal(() => compile([contract], [metric, metric]))).toMatch(/metrics\/m1\.ts: .*metrics\/m0\.ts/)
  })

  test('that would share a table are refused with the file and both names', () => {
    const types = ['com.shop.Order', 'com.kitchen.order'].map(type => ({ ...contract, type }))
    expect(refusal(() => compile(types))).toMatch(
      /contracts\/c0\.ts: .*table order, and so does "com.kitchen/,
    )
  })

  test('use the newest version of a type', () => {
    const second = { ...withData({ id: { type: 'integer' }, extra: { type: 'string' } }), version: 2 }
    const { latest, contracts } = compile([second, contract], [{ ...metric, by: ['extra'] }])
    expect(latest.get('com.example.order')!.version).toBe(2)
    expect(contracts.map(({ version }) => version)).toEqual([1, 2])
  })

  test('give a metric another id when what it computes changes, and only then', () => {
    const idOf = (change: Partial<MetricDeclaration>, by = contract) =>
      compile([by], [{ ...metric, ...change }]).metrics[0]!.id
    const id = idOf({})
    expect(id).toMatch(/^orders_daily\.[0-9a-f]{8}$/)
    expect(idOf({ title: 'T', description: 'D' })).toBe(id)
    const changes = [
      ...[{ window: 'hour' as const }, { by: ['id'] }, { where: { paid: { eq: true } } }],
      ...[{ measures: { m: sum('amount') } }, { where: { paid: { eq: false } } }],
    ]
    const ids = [
      id,
      ...changes.map(change => idOf(change)),
      idOf({ measures: { m: sum('amount') } }, { ...contract, scale: 3 }),
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('share cells between measures of one field', () => {
    const measures = { total: sum('amount'), average: mean('amount'), n: count(), p: quantile('amount', 0.5) }
    const [planned] = compile([contract], [{ ...metric, measures }]).metrics
    expect(planned!.cells.map(({ name }) => name)).toEqual([
      'sum_amount',
      'count_amount',
      'count',
      'bins_amount',
    ])
  })
})

test.each([1700, 990])('a metric of %i measures is refused: no table has room for them', measures => {
  const names = Array.from({ length: measures }, (_, i) => [`measure_${i}`, mean('amount')])
  const wideMetric = { ...metric, measures: Object.fromEntries(names) }
  const said = refusal(() => compile([contract], [wideMetric]))
  expect(said).toContain(`metrics/m0.ts: has ${measures} measures`)
  expect(said).toContain('put some into a metric of their own')
})

test('a schedule whose input names what is not declared is refused, with the name that was meant', () => {
  const nightly = (name: string) =>
    defineSchedule({
      name: 'nightly',
      machine: 'delivery',
      when: { cron: '5 3 * * *' },
      input: { metrics: [name] },
    })
  expect(() => compile([contract], [metric], [nightly('orders_daily')])).not.toThrow()
  expect(refusal(() => compile([contract], [metric], [nightly('orders_dayly')]))).toMatch(
    /^schedules\/s0\.ts: schedule nightly: .*"orders_dayly" in "metrics".*did you mean orders_daily\?/,
  )
})
