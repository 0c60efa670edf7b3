import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  brokenText,
  type CheckedEvent,
  checkEvent,
  MAX_DEPTH,
  markerKey,
  type Rejection,
  recordKey,
} from '../../../core/event/event.ts'
import { parseJson } from '../../../core/json/json.ts'

const good = {
  ...{ specversion: '1.0', id: '1', source: 'urn:s', type: 'a.b', time: '2026-01-31T12:00:00Z' },
  data: { a: 1 },
}
/** All checks of an event, in the order of ingest. */
const check = (value: unknown): CheckedEvent | Rejection => {
  const checked = checkEvent(value)
  return 'code' in checked ? checked : (brokenText(JSON.stringify(value), checked.event) ?? checked)
}
const codeOf = (value: unknown) => {
  const checked = check(value)
  return 'code' in checked ? checked.code : 'accepted'
}
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])

describe('checking an event', () => {
  test('takes a CloudEvent and tells the instant of its time', () => {
    expect(checkEvent(good)).toEqual({ event: good, time: Date.UTC(2026, 0, 31, 12) })
  })

  test.each<[string, Record<string, unknown>]>([
    ['extensions of text, numbers and booleans', { traceid: 'x', n1: 1, flag: true }],
    ['a JSON content type with parameters', { datacontenttype: 'application/json; charset=utf-8' }],
    ['a blank before the parameters', { datacontenttype: 'application/json ; charset=utf-8' }],
    ['data as the base64 of JSON', { data: undefined, data_base64: 'eyJhIjoxfQ==' }],
    ['null for what is not set', { subject: null, dataschema: null, datacontenttype: null, traceid: null }],
    ['T and Z in lower case, and ten digits of a second', { time: '2026-01-31t12:00:00.1234567890z' }],
    ['a JSON suffix', { datacontenttype: 'application/vnd.x+json' }],
    ['a subject and a dataschema', { subject: 's', dataschema: 'https://x/1' }],
    [
      'keys named like those of every object',
      { data: { constructor: 1, toString: 'x', hasOwnProperty: null } },
    ],
    ['text with control characters and emoji', { id: '\u0000\u001f😀\ufeff' }],
    ['an attribute that merely begins with tb', { tbother: 'x' }],
  ])('takes %s', (_what, change) => {
    expect(codeOf({ ...good, ...change })).toBe('accepted')
  })

  test.each<[string, unknown, string]>([
    ['null', null, 'not_an_event'],
    ['an array', [good], 'not_an_event'],
    ['text', 'event', 'not_an_event'],
    ['a number', 1, 'not_an_event'],
    ['no specversion', { ...good, specversion: undefined }, 'missing_attribute'],
    ['another specversion', { ...good, specversion: '0.3' }, 'invalid_attribute'],
    ['no id', { ...good, id: undefined }, 'missing_attribute'],
    ['an empty id', { ...good, id: '' }, 'invalid_attribute'],
    ['a number for an id', { ...good, id: 1 }, 'invalid_attribute'],
    ['an id too long', { ...good, id: 'x'.repeat(1025) }, 'invalid_attribute'],
    ['no source', { ...good, source: undefined }, 'missing_attribute'],
    ['no type', { ...good, type: undefined }, 'missing_attribute'],
    ['no time', { ...good, time: undefined }, 'missing_attribute'],
    ['a time without an offset', { ...good, time: '2026-01-31T12:00:00' }, 'invalid_attribute'],
    ['a leap second', { ...good, time: '2016-12-31T23:59:60Z' }, 'invalid_attribute'],
    [
      'a year that no calendar of the warehouse has',
      { ...good, time: '0000-01-01T00:00:00Z' },
      'invalid_attribute',
    ],
    ['a receipt of its own', { ...good, tbreceipt: 'x' }, 'reserved_attribute'],
    ['an extension in capitals', { ...good, traceId: 'x' }, 'invalid_attribute'],
    ['an extension that is an object', { ...good, trace: {} }, 'invalid_attribute'],
    ['binary data', { ...good, data_base64: 'AA==' }, 'unsupported_data'],
    ['another content type', { ...good, datacontenttype: 'text/xml' }, 'unsupported_data'],
    ['a content type that is no text', { ...good, datacontenttype: 1 }, 'invalid_attribute'],
    ['a subject that is no text', { ...good, subject: 7 }, 'invalid_attribute'],
    ['a dataschema that is no text', { ...good, dataschema: {} }, 'invalid_attribute'],
    [
      'the key __proto__ at the top',
      JSON.parse(
        '{"specversion":"1.0","id":"1","source":"s","type":"a.b","time":"2026-01-31T12:00:00Z","__proto__":1}',
      ),
      'forbidden_key',
    ],
    ['the key __proto__ inside', { ...good, data: JSON.parse('{"a":[{"__proto__":{}}]}') }, 'forbidden_key'],
    ['a number beyond a double', { ...good, data: JSON.parse('{"a":1e999}') }, 'out_of_range'],
    [
      'an integer beyond 2^53 − 1',
      { ...good, data: parseJson('{"a":[9007199254740992]}') },
      'unsafe_integer',
    ],
    ['a number beyond a double', { ...good, data: parseJson('{"a":1e400}') }, 'out_of_range'],
    [
      'a decimal that a double alters',
      { ...good, data: parseJson('{"a":70368744177664.01}') },
      'inexact_number',
    ],
    ['a number too near to zero', { ...good, data: parseJson('[1e-400]') }, 'inexact_number'],
    ['an attribute that a double alters', { ...good, n: parseJson('1234567890123456.78') }, 'inexact_number'],
    ['half a surrogate pair in a value', { ...good, data: { a: '\ud800' } }, 'invalid_text'],
    ['half a surrogate pair in an id', { ...good, id: '\udc00' }, 'invalid_text'],
    ['half a surrogate pair in a key', { ...good, data: { a: { 'x\ud800': 1 } } }, 'invalid_text'],
    ['nesting beyond the limit', { ...good, data: nested(MAX_DEPTH + 1) }, 'too_deep'],
  ])('rejects %s', (_what, value, code) => {
    expect(codeOf(value)).toBe(code)
  })

  test('takes nesting up to the limit', () => {
    expect(codeOf({ ...good, data: nested(MAX_DEPTH) })).toBe('accepted')
  })

  test('says what is wrong without repeating values of the data', () => {
    const secret = 'hunter2'
    const checked = check({ ...good, data: { secret, broken: `${secret}\ud800` } })
    expect(JSON.stringify(checked)).not.toContain(secret)
    expect(checked).toMatchObject({ detail: expect.stringContaining('/data/broken') })
  })
})

const name = fc.string({ unit: fc.constantFrom('a', '0', '1', ...'\u001c\u001d\u001e\u001f'), maxLength: 4 })

test('two events have one key only if type, source and id are equal, whatever characters are in them', () => {
  fc.assert(
    fc.property(name, name, name, name, (source, id, otherSource, otherId) => {
      const isSame = source === otherSource && id === otherId
      const [a, b] = [
        { type: 'a.b', source, id },
        { type: 'a.b', source: otherSource, id: otherId },
      ]
      expect(markerKey(a) === markerKey(b)).toBe(isSame)
    }),
    { numRuns: 5000, examples: [['/a\u001fb', 'c', '/a', 'b\u001fc']] },
  )
})

test('two records have one key only if the keys of their events are equal, one by one', () => {
  const keys = fc.array(name, { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(keys, keys, (a, b) => {
      expect(recordKey(a) === recordKey(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
    }),
    { numRuns: 5000 },
  )
})

test('the key of an ordinary event is the one that stores have always held', () => {
  expect(markerKey({ type: 'a.b', source: '/s', id: 'x' })).toBe('a.b\u001f/s\u001fx')
  expect(recordKey(['a', 'b'])).toBe('a\u001eb')
})

test('an event is identified by type, source and id together', () => {
  const keys = [
    markerKey({ type: 'a', source: 'b', id: 'c' }),
    markerKey({ type: 'ab', source: '', id: 'c' }),
    markerKey({ type: 'a', source: 'bc', id: '' }),
    markerKey({ type: 'a', source: 'b', id: 'd' }),
  ]
  expect(new Set(keys).size).toBe(4)
})
