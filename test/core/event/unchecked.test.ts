import { describe, expect, test } from 'vitest'
import type { ContractDeclaration } from '../../../core/declare/contract.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { compileAcceptor } from '../../../core/event/accept.ts'
import { createAjvValidators } from '../../../drivers/validators/ajv.ts'

const type = 'com.example.item'

type Version = { readonly properties: object; readonly scale?: number }

function acceptorOf(...versions: readonly Version[]) {
  const contracts = versions.map(({ properties, scale }, i) => {
    const data = { type: 'object', required: ['id'], properties: { id: { type: 'string' }, ...properties } }
    const declaration = {
      type,
      version: i + 1,
      partitionBy: ['id'],
      data,
      ...(scale !== undefined && { scale }),
    }
    return { file: `${i}.json`, declaration: declaration as ContractDeclaration }
  })
  const pipeline = compilePipeline({ contracts, metrics: [], schedules: [] })
  const accept = compileAcceptor(pipeline, createAjvValidators())
  return (version: number, data: object) =>
    accept(
      {
        ...{ specversion: '1.0', id: '1', source: '/test', type, time: '2026-01-31T12:00:00Z' },
        ...{ dataschema: `https://x/${type}/${version}`, data: { id: 'a', ...data } },
      },
      0,
    )
}

const VALUES = [
  ...['boom', '', '12.50', 'yesterday', '2026-01-31', '2026-01-31T12:00:00Z', '2026-02-30T12:00:00Z'],
  ...[`2026-01-31T12:00:00.${'0'.repeat(60)}Z`, 'true'],
  ...[0, -0, 5, 5.6, -1e15, 1e16, -1e16, 1e30, 1e-7, 9_007_199_254_740_991, true, false, null],
  ...[[], [1], {}, { y: 5 }, { y: '5' }, { y: 5.5 }, { y: null }, { y: { z: 1 } }, { z: 1 }],
] as const

const KINDS: readonly (readonly [string, object])[] = [
  ...[{ type: 'string' }, { type: 'string', format: 'date-time' }, { type: 'integer' }, { type: 'number' }],
  ...[
    { type: 'boolean' },
    {},
    { type: ['integer', 'null'] },
    { type: ['string', 'null'], format: 'date-time' },
  ],
  ...[{ type: 'object', properties: { y: { type: 'integer' } } }],
  ...[{ type: 'object', properties: { y: { type: 'object', properties: { z: { type: 'string' } } } } }],
].map(schema => [JSON.stringify(schema), schema] as const)

describe('an older version of a contract takes of a field that only the newest declares', () => {
  test.each(KINDS)('what the newest takes: %s', (_name, schema) => {
    const decide = acceptorOf({ properties: {} }, { properties: { x: schema }, scale: 2 })
    // Null in place of an object is an object without fields to every reader, so it need not be refused.
    const objects = JSON.stringify(schema).split('"object"').length - 1
    const nulls = ['null', '{"y":null}'].slice(0, objects)
    for (const x of VALUES.filter(value => !nulls.includes(JSON.stringify(value)))) {
      const isTaken = decide(2, { x }).kind
      expect([x, decide(1, { x }).kind]).toEqual([x, isTaken])
    }
    expect(decide(1, {}).kind).toBe('accepted')
  })

  test('what can be read, whatever bounds, patterns, lists and required fields say of it', () => {
    const properties = {
      n: { type: 'integer', minimum: 10 },
      t: { type: 'string', pattern: '^a', maxLength: 3 },
      e: { enum: ['a', 'b'] },
      o: { type: 'object', required: ['y'], properties: { y: { type: 'integer' } } },
    }
    const decide = acceptorOf({ properties: {} }, { properties })
    expect(decide(1, { n: 1, t: 'long text', e: 'c', o: {} }).kind).toBe('accepted')
    expect(decide(2, { n: 1 }).kind).toBe('rejected')
  })
})

test('the rejection names the field, both versions and the remedy, and not the value', () => {
  const decide = acceptorOf(
    { properties: {} },
    {
      properties: { x: { type: 'integer' }, o: { type: 'object', properties: { y: { type: 'number' } } } },
      scale: 2,
    },
  )
  const rejection = (code: string, detail: string) => ({ kind: 'rejected', rejection: { code, detail } })
  const ending = 'and all events are read as that; send such a value, or leave the field out'
  expect(decide(1, { x: 'boom' })).toMatchObject(
    rejection(
      'schema_violation',
      `/data/x is a text: version 1 of ${type} does not declare it, version 2 declares it as an integer, ${ending}`,
    ),
  )
  expect(decide(1, { o: { y: 1e30 } })).toMatchObject(
    rejection(
      'out_of_range',
      `/data/o/y is a number that is too large: version 1 of ${type} does not declare it, ` +
        `version 2 declares it as a number of 2 decimal places, ${ending}`,
    ),
  )
  expect(decide(1, { o: [] })).toMatchObject({
    rejection: { detail: expect.stringContaining('as an object') },
  })
})

test('a field that both versions declare is checked where the newest one has fewer digits before the point', () => {
  const number = { x: { type: 'number' } }
  const decide = acceptorOf({ properties: number }, { properties: number, scale: 4 })
  expect(decide(1, { x: 1e13 }).kind).toBe('accepted')
  expect(decide(1, { x: 1e14 })).toMatchObject({
    rejection: {
      code: 'out_of_range',
      detail: expect.stringContaining('version 1 of com.example.item declares it as a number,'),
    },
  })
})

test('a free object of an older version has to have the fields that the newest declares in it', () => {
  const free = { o: { type: 'object' } }
  const decide = acceptorOf(
    { properties: free },
    { properties: { o: { type: 'object', properties: { y: { type: 'integer' } } } } },
  )
  expect(decide(1, { o: { y: 1, more: 'text' } }).kind).toBe('accepted')
  expect(decide(1, { o: { y: 'one' } }).kind).toBe('rejected')
})

test('a number is told to be rounded as the newest version keeps it, whatever version its event names', () => {
  const decide = acceptorOf({ properties: {} }, { properties: { x: { type: 'number' } }, scale: 2 })
  expect(decide(1, { x: 1.005 })).toMatchObject({ accepted: { isRounded: true } })
  expect(decide(1, { x: 1.01 })).toMatchObject({ accepted: { isRounded: false } })
})

describe('fields that no contract names, of an event of an older version', () => {
  const told = (decision: ReturnType<ReturnType<typeof acceptorOf>>) =>
    decision.kind === 'accepted' ? decision.accepted.undeclared : decision.rejection

  test('are those that the newest version does not name: what it names has its column', () => {
    const decide = acceptorOf({ properties: {} }, { properties: { coupon: { type: 'string' } } })
    expect(told(decide(1, { coupon: 'c' }))).toBeUndefined()
    expect(told(decide(1, { coupon: 'c', cupon: 'c' }))).toEqual(['cupon'])
  })

  test('are told as those of their type, whichever versions they come with', () => {
    const decide = acceptorOf({ properties: {} }, { properties: { coupon: { type: 'string' } } })
    expect(told(decide(1, { cupon: 'c' }))).toEqual(['cupon'])
    expect(told(decide(2, { cupon: 'c' }))).toEqual(['cupon'])
  })
})
