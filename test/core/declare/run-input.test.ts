import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StartRun } from '../../../core/api/schemas.ts'
import { checkRunInput, checkRunNames, RUN_INPUTS } from '../../../core/declare/run-input.ts'

const MACHINES = join(import.meta.dirname, '..', '..', '..', 'state-machines')

function refusal(machine: string, input: unknown): string | undefined {
  try {
    checkRunInput(machine, input)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

describe('the input of a run', () => {
  test('is declared for every state machine, and for no other', () => {
    const files = readdirSync(MACHINES).map(file => file.replace('.asl.json', ''))
    expect(Object.keys(RUN_INPUTS).sort()).toEqual(files.sort())
  })

  test.each([
    ['batch', {}],
    ['batch', { scripts: ['s3://bucket/prepare.sql'] }],
    ['backfill', { from: '2026-01-31T00:00:00Z', to: '2026-02-01T00:00:00+01:00' }],
    ['backfill', { last: '7d' }],
    ['replay', {}],
    ['file-ingest', {}],
    ['delivery', {}],
    ['delivery', { month: '2026-10', metrics: ['trips_hourly'] }],
    ['spark', { scripts: ['s3://bucket/prepare.sql'] }],
    ['of-another-pipeline', { anything: 1 }],
  ])('%s takes %j', (machine, input) => expect(refusal(machine, input)).toBeUndefined())

  test.each([
    ['replay', { from: '2026-01-01T00:00:00Z' }, 'has no field "from"; it takes only'],
    ['file-ingest', { file: 'a' }, 'has no field "file"; leave it out'],
    [
      'batch',
      { epoch: 1 },
      'has no field "epoch"; it takes accept, acceptLoss, late, restate, restateFrom, scripts',
    ],
    ['delivery', { mont: '2026-10' }, 'has no field "mont"; it takes month, metrics'],
    ['delivery', { toString: 1 }, 'has no field "toString"'],
    ['delivery', { month: '2026-13' }, 'has a wrong "month"; it must be a month such as 2026-10'],
    ['delivery', { metrics: [] }, 'has a wrong "metrics"; it must be a list of names'],
    ['backfill', { from: 'noon', to: '2026-01-01T00:00:00Z' }, 'has a wrong "from"; it must be an instant'],
    ['backfill', { last: 7 }, 'has a wrong "last"; it must be a duration'],
    ['backfill', {}, 'give "from" and "to", or "last"'],
    ['backfill', { from: '2026-01-01T00:00:00Z' }, 'give "from" and "to", or "last"'],
    ['backfill', { from: '2026-01-01T00:00:00Z', last: '1d' }, 'give "from" and "to", or "last"'],
    [
      'backfill',
      { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' },
      'give a "from" before the "to"',
    ],
    ['spark', {}, 'lacks "scripts"; give a list of S3 URIs'],
    ['batch', [], 'is not an object'],
    ['batch', null, 'is not an object'],
  ])('%s refuses %j and says what would be right', (machine, input, remedy) =>
    expect(refusal(machine, input)).toContain(remedy),
  )

  describe('names only what is declared', () => {
    const declared = {
      metrics: [{ name: 'orders_daily' }, { name: 'returns_daily' }],
      latest: new Map([['com.example.order', {}]]),
      models: [
        { name: 'customers', header: { kind: 'scd2' } },
        { name: 'recent', header: { kind: 'view' } },
      ],
    }
    const both = ['orders_daily', 'com.example.order']
    test.each([
      ['batch', { accept: both, acceptLoss: ['com.example.order'], late: 'leave' }],
      ['backfill', { last: '7d', accept: both }],
      ['replay', { only: both }],
      ['delivery', { month: '2026-10', metrics: ['returns_daily'] }],
      ['batch', { restate: ['customers'] }],
      ['batch', { scripts: ['s3://bucket/orders_dayly.sql'] }],
      ['of-another-pipeline', null],
    ])('%s takes %j', (machine, input) => checkRunNames(machine, input, declared))

    test.each([
      ['batch', { accept: ['returns_daily', 'orders_dayly'] }, '"accept"', 'orders_daily'],
      ['batch', { acceptLoss: ['com.example.ordr'] }, '"acceptLoss"', 'com.example.order'],
      ['batch', { restate: ['customer'] }, '"restate"', 'customers'],
      ['backfill', { last: '7d', accept: ['com.example.orders'] }, '"accept"', 'com.example.order'],
      ['replay', { only: ['order_daily'] }, '"only"', 'orders_daily'],
      ['restore-raw', { only: ['com.exmple.order'] }, '"only"', 'com.example.order'],
      ['delivery', { metrics: ['return_daily'] }, '"metrics"', 'returns_daily'],
    ])('%s refuses %j with the name that was meant', (machine, input, field, meant) => {
      const check = () => checkRunNames(machine, input, declared)
      expect(check).toThrow(field)
      expect(check).toThrow(`did you mean ${meant}?`)
    })

    test('a metric is no event type, and where no name is near, those there are are listed', () => {
      const check = () => checkRunNames('restore-raw', { only: ['orders_daily'] }, declared)
      expect(check).toThrow('no event type is called so; there are com.example.order')
      expect(() => checkRunNames('batch', { restate: ['recent'] }, declared)).toThrow('there are customers')
    })
  })

  test('is what the description of the API says', () => {
    const ajv = new Ajv2020({ strict: false })
    formats.default(ajv)
    const isDescribed = ajv.compile(StartRun)
    const value = fc.constantFrom<unknown>(
      '2026-01-01T00:00:00Z',
      '7d',
      '2026-10',
      '',
      'x',
      3,
      null,
      ['a'],
      [],
      [1],
    )
    const name = fc.constantFrom('from', 'to', 'last', 'scripts', 'month', 'metrics', 'form')
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(RUN_INPUTS)),
        fc.dictionary(name, value, { maxKeys: 3 }),
        (machine, input) => {
          // That a range is empty no schema can say.
          fc.pre(input['from'] === undefined || input['from'] !== input['to'])
          expect(isDescribed({ machine, input })).toBe(refusal(machine, input) === undefined)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
