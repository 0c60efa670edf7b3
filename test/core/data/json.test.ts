import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from '../../../core/data/json.ts'

describe('parsing JSON', () => {
  test('agrees with JSON.parse where no integer is beyond ±(2^53 − 1)', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        const hasLarge = /\d{16}/.test(text.replaceAll(/\.\d+/g, ''))
        fc.pre(!hasLarge)
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  test('gives an integer exactly: as a number where it is safe, as a bigint beyond', () => {
    const integer = fc.oneof(
      fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
      fc.integer({ min: -4, max: 4 }).map(step => 2n ** 53n + BigInt(step)),
      fc.integer({ min: -4, max: 4 }).map(step => BigInt(step) - 2n ** 53n),
    )
    const around = fc.constantFrom('[@]', '{"a":@}', '{"a" : @ }', '[1,\n@]', '[\t@,2]', '{"a":[{"b":@}]}')
    fc.assert(
      fc.property(integer, around, (value, template) => {
        const found = JSON.stringify(
          parseJson(template.replace('@', String(value))),
          (_key, each: unknown) => (typeof each === 'bigint' ? `big ${each}` : each),
        )
        const isSafe = Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value
        expect(found).toContain(isSafe ? String(value) : `"big ${value}"`)
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['{"a":"12345678901234567890"}', { a: '12345678901234567890' }],
    ['{"a":"x,12345678901234567890"}', { a: 'x,12345678901234567890' }],
    ['[0.12345678901234567890]', [0.12345678901234568]],
    ['[1e300]', [1e300]],
    ['[-0]', [-0]],
    ['[12345678901234567890.5]', [12345678901234567000]],
  ])('leaves %s to doubles and text', (text, value) => {
    expect(parseJson(text)).toEqual(value)
  })

  test.each(['', '{', '[1,]', "{'a':1}", 'NaN', '[01]', '["\u0000"]', '[12345678901234567890', '\ufeff{}'])(
    'refuses %o',
    text => {
      expect(() => parseJson(text)).toThrow(SyntaxError)
    },
  )
})
