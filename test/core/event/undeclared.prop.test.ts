import fc from 'fast-check'
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { compileUndeclared, MOST_NAMES } from '../../../core/event/undeclared.ts'

const text = Type.String()

/** The look for undeclared fields of a contract over `data`. */
function lookIn(data: object) {
  const declaration = { type: 'com.example.order', version: 1, partitionBy: ['id'], data: data as never }
  const { contracts } = compilePipeline({
    contracts: [{ file: 'c', declaration }],
    metrics: [],
    schedules: [],
  })
  const look = compileUndeclared(contracts[0]!)
  // Of one request, unless it is said that another begins.
  let index = 0
  return (
    look &&
    ((data: object, isFirst = false) => {
      index = isFirst ? 0 : index + 1
      return look(data as never, index)
    })
  )
}

const order = Type.Object({
  id: text,
  note: Type.Optional(text),
  constructor: Type.Optional(text),
  buyer: Type.Object({ name: text, home: Type.Optional(Type.Object({ city: text })) }),
  lines: Type.Array(Type.Object({ sku: text })),
  extra: Type.Unsafe<object>({ type: 'object' }),
})
const right = { id: '1', buyer: { name: 'n' }, lines: [], extra: {} }

describe('fields that a contract does not name', () => {
  test('are named by their path, at any depth, of the first event of each request and of some others', () => {
    const look = lookIn(order)!
    const data = { ...right, cupon: 1, buyer: { name: 'n', age: 7, home: { city: 'c', zip: '1' } } }
    expect(look(right)).toBeUndefined()
    expect(look(data)).toEqual(['cupon', 'buyer.age', 'buyer.home.zip'])
    expect(Array.from({ length: 62 }, () => look(data)).filter(each => each)).toHaveLength(2)
    for (let n = 0; n < 5; n++) expect(look(data, true)).toEqual(['cupon', 'buyer.age', 'buyer.home.zip'])
  })

  test('are not those that are declared, or lie in what is kept as one column of JSON', () => {
    const look = lookIn(order)!
    const free = { lines: [{ sku: 's', other: 1 }], extra: { any: 1 } }
    expect(look({ ...right, ...free, note: 'x', constructor: 'y' })).toBeUndefined()
    expect(look({ ...right, buyer: { name: 'n', home: null } as never })).toBeUndefined()
  })

  test('are found later on, too, in one of some events', () => {
    const look = lookIn(order)!
    look({ ...right, first: 1 })
    const found = Array.from({ length: 40 }, () => look({ ...right, second: 1 })).filter(each => each)
    expect(found).toEqual([['second']])
  })

  test('are as many as are worth telling, however many there are', () => {
    const look = lookIn(order)!
    const many = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`key ${i} ${'x'.repeat(200)}`, i]),
    )
    const found = look({ ...right, ...many })!
    expect(found).toHaveLength(MOST_NAMES)
    expect(Math.max(...found.map(name => name.length))).toBeLessThanOrEqual(100)
  })

  test('are nobody’s business where the contract says what others may be', () => {
    const more = { ...right, cupon: 1 }
    expect(lookIn({ ...order, additionalProperties: true })?.(more)).toBeUndefined()
    expect(lookIn({ ...order, additionalProperties: { type: 'integer' } })?.(more)).toBeUndefined()
    expect(lookIn(Type.Object({ id: text }, { additionalProperties: false }))).toBeUndefined()
    const inside = { ...more, buyer: { name: 'n', age: 7 } }
    expect(lookIn({ ...order, additionalProperties: true })?.(inside)).toEqual(['buyer.age'])
  })

  test('are exactly the keys that are not declared', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'toString', '__proto__x']
    fc.assert(
      fc.property(fc.subarray(names), fc.subarray(names), (declared, sent) => {
        const properties = Object.fromEntries(declared.map(name => [name, Type.Optional(text)]))
        const look = lookIn(Type.Object({ id: text, ...properties }))!
        const data = Object.fromEntries(['id', ...sent].map(name => [name, 'x']))
        const expected = sent.filter(name => !declared.includes(name))
        expect(look(data)).toEqual(expected.length === 0 ? undefined : expected)
      }),
    )
  })
})
