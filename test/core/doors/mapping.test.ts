import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { defineContract } from '../../../core/declare/contract.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import type { SourceDeclaration } from '../../../core/declare/sources/source.ts'
import { compileMapping, undeclaredMapping } from '../../../core/doors/mapping.ts'

const order = defineContract({
  type: 'com.example.order',
  version: 1,
  partitionBy: ['order_id'],
  data: Type.Object({
    order_id: Type.Integer(),
    amount: Type.Number(),
    place: Type.Object({ city: Type.String(), zip: Type.String() }),
    note: Type.Optional(Type.String()),
    at: Type.Optional(Type.String({ format: 'date-time' })),
  }),
})

const data = {
  order_id: '/properties/order_id',
  amount: { from: '/properties/total', as: 'number', or: 0 },
  'place.city': '/properties/city',
  'place.zip': { value: '10115' },
  at: { from: '/properties/at', as: 'seconds' },
} as const
const rule = { when: { '/type': 'track', '/event': 'Order Completed' }, type: 'com.example.order', data }

function sourcesOf(...declarations: readonly Partial<SourceDeclaration>[]) {
  const declared = declarations.map((one, i) => ({
    file: `sources/${i}.ts`,
    declaration: { name: 'shop', door: 'segment', rules: [rule], ...one } as SourceDeclaration,
  }))
  const contracts = [{ file: 'contracts/order.ts', declaration: order }]
  return compilePipeline({ contracts, metrics: [], schedules: [], sources: declared }).sources
}

describe('a source', () => {
  const mapping = compileMapping(
    sourcesOf({ rules: [rule, { when: { '/type': 'page' }, ignore: true }] })[0]!,
  )
  const item = (value: object) => ({ value, id: 'i', time: '2026-01-01T00:00:00Z' })

  test('makes an event of what a rule is for, its fields from where the rule says', () => {
    const properties = { order_id: 7, total: '12.50', city: 'Berlin', at: 1_767_225_600 }
    expect(mapping(item({ type: 'track', event: 'Order Completed', properties }))).toEqual({
      kind: 'event',
      event: {
        ...{ specversion: '1.0', id: 'i', source: '/sources/shop', type: 'com.example.order' },
        time: '2026-01-01T00:00:00Z',
        data: {
          ...{ order_id: 7, amount: 12.5, at: '2026-01-01T00:00:00.000Z' },
          place: { city: 'Berlin', zip: '10115' },
        },
      },
    })
  })

  test('leaves out what is not there, and as it is what cannot be converted, for the contract to judge', () => {
    const properties = { total: 'twelve', at: 'soon' }
    const mapped = mapping(item({ type: 'track', event: 'Order Completed', properties }))
    expect(mapped).toMatchObject({
      event: { data: { amount: 'twelve', at: 'soon', place: { zip: '10115' } } },
    })
    expect(mapping(item({ type: 'track', event: 'Order Completed' }))).toMatchObject({
      event: { data: { amount: 0, place: { zip: '10115' } } },
    })
  })

  test('names what an item is that no rule is for, and ignores what is to be ignored', () => {
    expect(mapping(item({ type: 'track', event: 'Other' }))).toEqual({
      kind: 'refused',
      refused: {
        code: 'unknown_contract',
        detail:
          'no rule of sources/0.ts is for /type "track", /event "Other"; add one, or one without "when" for all others',
      },
    })
    expect(mapping(item({ type: 'page' }))).toEqual({ kind: 'ignored' })
  })

  test('reads nothing that an item inherits', () => {
    const inherits = compileMapping(
      sourcesOf({ rules: [{ type: 'com.example.order', data: '/constructor/prototype' }] })[0]!,
    )
    expect(inherits(item({}))).toMatchObject({ event: { data: undefined } })
  })

  test('that is not declared leaves every item to be kept and explained', () => {
    expect(undeclaredMapping('segment')(item({}))).toMatchObject({
      refused: { detail: expect.stringContaining("door: 'segment' in pipeline/sources/") },
    })
  })
})

describe('a declaration is refused with its file and a remedy', () => {
  const wrong: readonly (readonly [string, Partial<SourceDeclaration>, RegExp])[] = [
    [
      'a door nobody knows',
      { door: 'sgment' as never },
      /sources\/0\.ts: source shop: door "sgment".*use one of/,
    ],
    ['no rules', { rules: [] }, /rules is not a list of 1 to 500/],
    [
      'a mistyped key',
      { rule: [] } as never,
      /"rule" is not known; a declaration of this kind has name, door/,
    ],
    [
      'a type without contract',
      { rules: [{ type: 'com.example.ordre', data: '/x' }] },
      /rule 1 makes "com.example.ordre", which has no contract; use one of com.example.order/,
    ],
    [
      'a field that the contract has not',
      { rules: [{ ...rule, data: { ...data, amuont: '/x' } }] },
      /gives "amuont", which com.example.order does not have; use one of order_id/,
    ],
    [
      'a required field left out',
      { rules: [{ ...rule, data: { order_id: '/o', amount: '/a', 'place.city': '/c' } }] },
      /leaves out "place.zip", which com.example.order requires/,
    ],
    ['no pointer', { rules: [{ ...rule, data: 'properties' }] }, /"properties" is no JSON Pointer/],
    [
      'no condition by pointer',
      { rules: [{ ...rule, when: { type: 'x' } }] },
      /rule 1, when: "type" is no JSON/,
    ],
    [
      'an unknown conversion',
      { rules: [{ ...rule, data: { ...data, amount: { from: '/a', as: 'float' as never } } }] },
      /as "float" is unknown; use one of number/,
    ],
    [
      'neither event nor ignored',
      { rules: [{ when: { '/a': 1 } }] },
      /says neither type and data nor ignore/,
    ],
    ['a rule behind one for all', { rules: [{ ignore: true }, rule] }, /rule 2 is never asked/],
  ]
  test.each(wrong)('%s', (_, declaration, message) => {
    expect(() => sourcesOf(declaration)).toThrow(message)
  })

  test('two sources of one door', () => {
    expect(() => sourcesOf({}, { name: 'other' })).toThrow(/a source with door: 'segment' is declared in/)
  })
})
