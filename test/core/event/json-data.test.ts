import { describe, expect, test } from 'vitest'
import { checkEvent } from '../../../core/event/event.ts'
import { isJsonType, withJsonData } from '../../../core/event/json-data.ts'
import { parseJson } from '../../../core/json/json.ts'

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64')

test.each([
  ['application/json', true],
  ['application/json;charset=utf-8', true],
  ['application/json ; charset=utf-8', true],
  [' APPLICATION/JSON', true],
  ['application/vnd.acme.order+json', true],
  ['text/json', true],
  ['application/jsonl', false],
  ['application/xml', false],
  ['', false],
])('the content type "%s" is JSON: %s', (type, isJson) => {
  expect(isJsonType(type)).toBe(isJson)
})

describe('data that was sent as bytes', () => {
  test.each([
    ['an object', '{"a":[1,2.5,"ü"]}', { a: [1, 2.5, 'ü'] }],
    ['text behind a byte order mark', '\ufeff{"a":1}', { a: 1 }],
    ['null', 'null', null],
  ])('is read as JSON: %s', (_, text, data) => {
    const event = { id: '1', datacontenttype: 'application/json', data_base64: base64(text) }
    expect(withJsonData(event)).toEqual({ id: '1', datacontenttype: 'application/json', data })
  })

  test('keeps a number that a double would alter, so that ingest can refuse it', () => {
    const event = withJsonData({ data_base64: base64('{"a":9007199254740993}') })
    expect(JSON.stringify(event)).toBe('{"data":{"a":9007199254740993}}')
    expect(event).toEqual({ data: parseJson('{"a":9007199254740993}') })
  })

  test.each([
    ['what is no base64', { data_base64: 'äöü!' }],
    ['base64 that is cut off', { data_base64: base64('{"a":1}').slice(0, -1) }],
    ['bytes that are no text', { data_base64: base64(Uint8Array.of(0xff, 0xfe)) }],
    ['text that is no JSON', { data_base64: base64('a=1') }],
    ['a number', { data_base64: 7 }],
    ['data beside it', { data: { a: 1 }, data_base64: base64('{"a":1}') }],
    ['another content type', { datacontenttype: 'application/avro', data_base64: 'AA==' }],
  ])('is not read from %s, and the reason is said', (_, event) => {
    expect(withJsonData(event)).toMatch(/; (?:send|leave)/)
  })

  test('is nothing where it is null, as every attribute that is not set may be', () => {
    const event = { data: { a: 1 }, data_base64: null, datacontenttype: null }
    expect(withJsonData(event)).toBe(event)
  })
})

test('an event with data as bytes is checked as if its data had been sent', () => {
  const sent = {
    ...{ specversion: '1.0', id: '1', source: 's', type: 'a.b', time: '2026-01-31T12:00:00Z' },
    ...{ subject: null, dataschema: null, traceid: null },
  }
  const checked = checkEvent({ ...sent, data_base64: base64('{"a":1}') }, true)
  expect(checked).toMatchObject({ event: { ...sent, data: { a: 1 } } })
  const deep = '['.repeat(70) + ']'.repeat(70)
  expect(checkEvent({ ...sent, data_base64: base64(deep) }, true)).toMatchObject({ code: 'too_deep' })
})
