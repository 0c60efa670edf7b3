import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BATCH,
  idsOfRequest,
  MAX_EVENTS,
  readEventsRequest,
  STRUCTURED,
} from '../../../core/event/cloudevents-http.ts'

/** Names and values that look like what is looked for. */
const tricky = fc.constantFrom('id', '"id"', '\\', '\\"', '"', ',', ':', '{"id":"x"}', ']', 'ıd', '\u{1f600}')
const text = fc.oneof(tricky, fc.string({ unit: 'binary', maxLength: 6 }))
const value = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.constantFrom(null, true, 0, -1.5e-7, ''),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
}))
const event = fc.oneof(
  value.value,
  fc.record({ id: fc.oneof(text, value.value), data: value.value }, { requiredKeys: [] }),
)
const blanks = fc.constantFrom('', ' ', '\n\t', '\r\n')

/** JSON text with blanks wherever they may be, and names escaped. */
function written(of: unknown, blank: string, isEscaped: boolean): string {
  const plain = JSON.stringify(of, undefined, blank === '' ? undefined : 2)
  const spaced = plain.replaceAll('\n', blank === '' ? '\n' : `\n${blank}`)
  return isEscaped ? spaced.replaceAll('"id":', '"\\u0069\\u0064" :') : spaced
}

const idOf = (of: unknown) => {
  const id = typeof of === 'object' && of !== null && 'id' in of ? of.id : undefined
  return typeof id === 'string' ? id : null
}

describe('the ids of a request, found without reading it,', () => {
  const scanned = (type: string, body: string) => idsOfRequest({ headers: { 'content-type': type }, body })

  test('are those of its events, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), blanks, fc.boolean(), (events, blank, isEscaped) => {
        const body = written(events, blank, isEscaped)
        const read = JSON.parse(body) as unknown[]
        expect(scanned(BATCH, body)).toEqual(read.map(idOf))
        for (const one of events) {
          const alone = written(one, blank, isEscaped)
          expect(scanned(STRUCTURED, alone)).toEqual([idOf(JSON.parse(alone))])
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('are the last of several, as reading has it', () => {
    const body = '[{"id":"a","id":"b"},{"id":"a","id":1},{"id":1,"id":"c"}]'
    expect(scanned(BATCH, body)).toEqual(['b', null, 'c'])
    expect((JSON.parse(body) as unknown[]).map(idOf)).toEqual(['b', null, 'c'])
  })

  test('are refused where reading would leave events out of the list', () => {
    for (const body of ['', '{}', '[', '[{"id":"a"}', '[{"id":"a"} {"id":"b"}]', '[{"id":"a"}}'])
      expect(() => scanned(BATCH, body), body).toThrow(expect.objectContaining({ code: 'bad_request' }))
    const many = `[${Array.from({ length: MAX_EVENTS + 1 }, () => '{}').join(',')}]`
    expect(() => scanned(BATCH, many)).toThrow(expect.objectContaining({ code: 'too_large' }))
    expect(() => idsOfRequest({ headers: {}, body: '[]' })).toThrow('carries no events')
  })

  test('cost time in proportion to the text, whatever it is', () => {
    const size = 2_000_000
    const texts = ['['.repeat(size), `"${'\\\\'.repeat(size / 2)}"`, `{"id":"${'\\"'.repeat(size / 2)}"}`]
    const begun = performance.now()
    for (const each of [...texts, '7'.repeat(size), `{${'"id":1,'.repeat(size / 7)}"id":"z"}`])
      expect(scanned(STRUCTURED, each)).toHaveLength(1)
    expect(performance.now() - begun).toBeLessThan(3000)
  })

  test('are in the header in binary mode', () => {
    const headers = { 'ce-id': '"caf%C3%A9"', 'content-type': 'application/json' }
    expect(idsOfRequest({ headers, body: '{}' })).toEqual(['café'])
    expect(readEventsRequest({ headers, body: '{}' }).events).toMatchObject([{ id: 'café' }])
  })
})
