import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from '../../../core/json/json.ts'
import { readSentJson } from '../../../core/json/sent-json.ts'
import { numberText, space, stringText } from './json-texts.ts'

const keyText = fc.oneof(
  fc.constantFrom(
    '"a"',
    '"b"',
    '"c"',
    '"d"',
    '"1"',
    '"0"',
    '"01"',
    '"__proto__"',
    '"\\u0061"',
    '""',
    '"toJSON"',
  ),
  stringText,
)

const { value: jsonText } = fc.letrec<{ value: string }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    numberText,
    stringText,
    fc.constantFrom('true', 'false', 'null', '{}', '[]'),
    fc.tuple(fc.array(tie('value'), { maxLength: 4 }), space).map(([all, s]) => `[${all.join(`,${s}`)}]`),
    fc
      .tuple(fc.array(fc.tuple(keyText, tie('value')), { maxLength: 4 }), space, space)
      .map(([all, s, t]) => `{${all.map(([k, v]) => `${k}${s}:${v}`).join(`,${t}`)}}`),
  ),
}))

const objectText = fc
  .array(fc.tuple(keyText, jsonText), { maxLength: 5 })
  .map(all => `{${all.map(p => p.join(':')).join(',')}}`)
const batchText = fc
  .tuple(fc.array(fc.oneof(objectText, objectText, jsonText), { maxLength: 6 }), space)
  .map(([all, s]) => `${s}[${s}${all.join(`${s},`)}]${s}`)

/**
 * JSON.stringify knows no bigint, which stands for an integer that it could not write; such an object has no
 * canonical text.
 */
const written = (value: unknown) => {
  try {
    return JSON.stringify(value)
  } catch {
    return 'not to be written'
  }
}

describe('reading JSON as it was sent', () => {
  test('gives what parsing gives, and no text but what JSON.stringify would write', () => {
    fc.assert(
      fc.property(batchText, text => {
        const { value, texts } = readSentJson(text)
        expect(value).toEqual(parseJson(text))
        for (const [index, one] of texts.entries())
          if (one !== undefined) expect(one).toBe(written((value as unknown[])[index]))
      }),
      { numRuns: 3000 },
    )
  })

  test('does the same for a value that is no batch', () => {
    fc.assert(
      fc.property(fc.oneof(objectText, jsonText), text => {
        const { value, texts } = readSentJson(text)
        expect(value).toEqual(parseJson(text))
        if (!Array.isArray(value) && texts[0] !== undefined) expect(texts[0]).toBe(written(value))
      }),
      { numRuns: 2000 },
    )
  })

  test('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          batchText.map(text => text.slice(0, -1)),
          batchText.map(text => `${text}"`),
        ),
        text => {
          const parsed = (() => {
            try {
              return JSON.parse(text) !== undefined
            } catch {
              return false
            }
          })()
          if (!parsed) expect(() => readSentJson(text)).toThrow(SyntaxError)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('keeps the text of whatever a sender wrote by JSON.stringify, save long integers and odd keys', () => {
    const key = fc.stringMatching(/^[a-z]\w{0,8}$/)
    const decimal = fc.double({ noNaN: true, noDefaultInfinity: true }).filter(one => !Number.isInteger(one))
    const letters = fc.stringMatching(/^[ -~äß語\n\t]*$/)
    const leaf = fc.oneof(letters, fc.integer(), decimal, fc.boolean(), fc.constant(null))
    const object = fc.dictionary(key, fc.oneof(leaf, fc.array(leaf), fc.dictionary(key, leaf)))
    fc.assert(
      fc.property(fc.array(object, { maxLength: 5 }), objects => {
        const { texts } = readSentJson(JSON.stringify(objects))
        expect(texts).toEqual(objects.map(one => JSON.stringify(one)))
      }),
      { numRuns: 1000 },
    )
  })
})

test.each([
  ['a key twice', '{"a":1,"a":1}'],
  ['a key twice, once as an escape', '{"a":1,"\\u0061":1}'],
  ['a key twice, deep inside', '{"a":[{"b":{"c":1,"c":2}}]}'],
  ['a key twice, the first with keys of its own', '{"a":{"x":1,"y":2},"a":1}'],
  ['keys that are indexes', '{"b":1,"1":2,"0":3}'],
  ['__proto__', '{"__proto__":{"x":1}}'],
  ['1.0', '{"a":1.0}'],
  ['1e2', '{"a":1e2}'],
  ['-0', '{"a":-0}'],
  ['a number beyond doubles', '{"a":1e999}'],
  ['more digits than a double has', '{"a":0.12345678901234567890}'],
  ['an unsafe integer', '{"a":9007199254740993}'],
  ['an escape that need not be', '{"a":"\\u0041"}'],
  ['an escaped slash', '{"a":"\\/"}'],
  ['half a surrogate pair, escaped', '{"a":"\\ud800"}'],
  ['half a surrogate pair', '{"a":"\ud800"}'],
  ['white space', '{"a": 1}'],
  ['white space before a comma', '{"a":1 ,"b":2}'],
])('%s is no canonical text', (_what, text) => {
  expect(readSentJson(text).texts).toEqual([])
  expect(readSentJson(`[${text}]`).texts).toEqual([])
})

test.each([
  ['a line break between events', '[{"a":1}\n,\n{"b":2}]\n', ['{"a":1}', '{"b":2}']],
  ['an event that is not canonical', '[{"a":1},{"a":1.0},{"b":2}]', ['{"a":1}', undefined, '{"b":2}']],
  ['what is no object', '[7,"{",[{"a":1}],{"b":2}]', [undefined, undefined, undefined, '{"b":2}']],
  ['letters of any script', '[{"a":"ä語😀"},{"ß":"\\n\\""}]', ['{"a":"ä語😀"}', '{"ß":"\\n\\""}']],
  [
    'doubles of 17 digits',
    '[{"a":0.30000000000000004,"b":1e-7,"c":1.5e+300}]',
    ['{"a":0.30000000000000004,"b":1e-7,"c":1.5e+300}'],
  ],
])('%s leaves the texts of the others', (_what, text, texts) => {
  expect([...readSentJson(text).texts]).toEqual(texts)
})
