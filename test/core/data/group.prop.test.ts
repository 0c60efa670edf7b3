import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Field, fieldsOf } from '../../../core/data/fields.ts'
import { compileGroup, parseGroup, projectGroup } from '../../../core/data/group.ts'
import { readShape } from '../../../core/schema/read-shape.ts'
import { hostileInteger, hostileNumber, hostileText } from '../../arbitraries.ts'
import { plainText, scaleText } from '../../oracle/decimal.ts'

const shape = readShape(
  {
    type: 'object',
    properties: {
      text: { type: 'string' },
      toString: { type: 'string' },
      n: { type: 'number' },
      i: { type: 'integer' },
      in: { type: 'object', properties: { flag: { type: ['boolean', 'null'] } } },
    },
  },
  6,
)
const fields = fieldsOf(shape, 6)
const named = (...names: string[]): Field[] => names.map(name => fields.find(field => field.name === name)!)
const groupOf = compileGroup(named('text', 'toString', 'n', 'i', 'in.flag'))

const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 3 })
const data = fc.record(
  {
    text: orNull(hostileText),
    toString: orNull(hostileText),
    n: orNull(hostileNumber),
    i: orNull(hostileInteger),
    in: fc.record({ flag: orNull(fc.boolean()) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
)

describe('the canonical text of a group', () => {
  test('is JSON of its fields in declared order, whatever the order in the event', () => {
    fc.assert(
      fc.property(data, event => {
        const text = groupOf(event)
        const reversed = Object.fromEntries(Object.entries(event).toReversed())
        expect(groupOf(JSON.parse(JSON.stringify(reversed)) as typeof event)).toBe(text)
        expect(Object.keys(parseGroup(text))).toEqual(
          ['text', 'toString', 'n', 'i', 'in.flag'].filter(name =>
            name === 'in.flag' ? event.in !== undefined && 'flag' in event.in : Object.hasOwn(event, name),
          ),
        )
      }),
    )
  })

  test('differs exactly where the values differ at the scale of their fields', () => {
    const meaning = (event: { n?: number | null }) =>
      JSON.stringify({ ...event, n: event.n == null ? event.n : plainText(scaleText(String(event.n), 6), 6) })
    const small = fc.record(
      {
        text: fc.constantFrom('', 'null', null, '0'),
        n: fc.constantFrom(0, -0, 1e-7, 5e-7, 0.1, 0.1000001, null),
      },
      { requiredKeys: [] },
    )
    const of = compileGroup(named('text', 'n'))
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(of(a) === of(b)).toBe(meaning({ ...a }) === meaning({ ...b }))
      }),
    )
  })

  test.each([
    [{}, '{}'],
    [{ text: '' }, '{"text":""}'],
    [{ text: null }, '{"text":null}'],
    [{ text: '"\u0000\ufeff\u2028😀' }, '{"text":"\\"\\u0000\ufeff\u2028😀"}'],
    [{ toString: 'x' }, '{"toString":"x"}'],
    [{ n: 1e-7 }, '{"n":0}'],
    [{ n: -0 }, '{"n":0}'],
    [{ n: 12.5 }, '{"n":12.5}'],
    [{ n: 999_999_999_999 }, '{"n":999999999999}'],
    [{ i: -0 }, '{"i":0}'],
    [{ i: 2 ** 53 - 1 }, '{"i":9007199254740991}'],
    [{ in: null }, '{}'],
    [{ in: { flag: null } }, '{"in.flag":null}'],
    [{ in: { flag: false } }, '{"in.flag":false}'],
    [{ in: 'flag' }, '{}'],
  ])('of %j is %s', (event, text) => {
    expect(groupOf(event)).toBe(text)
  })

  test('of no fields is always the same', () => {
    expect(compileGroup([])({ text: 'x' })).toBe('{}')
  })

  test('keeps only the fields asked for when projected, and still tells missing from null', () => {
    expect(projectGroup({ a: null, b: 1 }, ['a'])).toBe('{"a":null}')
    expect(projectGroup({ b: 1 }, ['a', 'toString'])).toBe('{}')
  })
})
