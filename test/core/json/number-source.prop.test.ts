import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseNumbers } from '../../../core/json/number-source.ts'
import { numberText, space, stringText } from './json-texts.ts'

/** JSON beside what it stands for, with each number as its text. */
type Written = { readonly text: string; readonly value: unknown }

const key = fc.oneof(
  fc.constantFrom('"__proto__"', '""', '"1"', '"01"', '"a"', '"\\u0061"', '"toJSON"'),
  stringText,
)

const { written } = fc.letrec<{ written: Written }>(tie => ({
  written: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    numberText.map(text => ({ text, value: { number: text } })),
    stringText.map(text => ({ text, value: JSON.parse(text) as unknown })),
    fc.constantFrom('true', 'false', 'null').map(text => ({ text, value: JSON.parse(text) as unknown })),
    fc.tuple(fc.array(tie('written'), { maxLength: 4 }), space).map(([all, s]) => ({
      text: `[${all.map(each => each.text).join(`${s},`)}${s}]`,
      value: all.map(each => each.value),
    })),
    fc.tuple(fc.array(fc.tuple(key, tie('written')), { maxLength: 4 }), space).map(([all, s]) => ({
      text: `{${all.map(([k, { text }]) => `${s}${k}:${s}${text}`).join(',')}}`,
      value: Object.fromEntries(all.map(([k, { value }]) => [JSON.parse(k) as string, value])),
    })),
  ),
}))

describe('numbers of JSON by their source text', () => {
  test('each is read by its own text, whatever stands around it, and nothing else is', () => {
    fc.assert(
      fc.property(written, ({ text, value }) => {
        expect(parseNumbers(text, source => ({ number: source }))).toEqual(value)
      }),
      { numRuns: 5000 },
    )
  })

  test('the key and the double come with the text', () => {
    const seen: unknown[] = []
    parseNumbers('{"a":[1.50],"b":-0}', (...all) => seen.push(all))
    expect(seen).toEqual([
      ['-0', -0, 'b'],
      ['1.50', 1.5, '0'],
    ])
  })

  test('a value nested 100,000 levels deep is read', () => {
    const deep = `${'['.repeat(100_000)}1e400${']'.repeat(100_000)}`
    let found: string | undefined
    parseNumbers(deep, source => (found = source))
    expect(found).toBe('1e400')
  })

  test.each(['[1.2.3]', '[1-2]', '[01]', '["a]', '[1'])('refuses %s', text => {
    expect(() => parseNumbers(text, source => source)).toThrow(SyntaxError)
  })
})
