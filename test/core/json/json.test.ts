import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isNumberText, parseJson } from '../../../core/json/json.ts'

describe('parsing JSON', () => {
  test('agrees with JSON.parse where every number is written as doubles are', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        fc.pre(!/\d{16}/.test(text.replaceAll(/\.\d+/g, '')))
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  const digits = fc.stringMatching(/^(0|[1-9]\d{0,22})$/)
  const decimal = fc
    .tuple(fc.constantFrom('', '-'), digits, fc.stringMatching(/^(\.\d{1,22})?$/), exponents())
    .map(parts => parts.join(''))
  const around = fc.constantFrom('@', '[@]', '{"a":@}', '{"a" : @ }', '[1,\n@]', '[\t@,2]', '{"a":[{"b":@}]}')

  test('gives each number as it is written: by a double that is that very number, or by its text', () => {
    fc.assert(
      fc.property(decimal, around, (text, template) => {
        let found: unknown
        JSON.stringify(parseJson(template.replace('@', text)), (_key, each: unknown) => {
          if (isNumberText(each) || (typeof each === 'number' && each !== 1 && each !== 2)) found = each
          return each
        })
        fc.pre(found !== undefined)
        if (isNumberText(found)) expect(found.rawJSON).toBe(text)
        else expect(exact(String(found))).toBe(exact(text))
      }),
      { numRuns: 5000 },
    )
  })

  test('gives an integer beyond ±(2^53 − 1) by its text, also one that is a double', () => {
    const integer = fc.oneof(
      fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
      fc.integer({ min: -4, max: 4 }).map(step => 2n ** 53n + BigInt(step)),
      fc.integer({ min: -4, max: 4 }).map(step => BigInt(step) - 2n ** 53n),
    )
    fc.assert(
      fc.property(integer, value => {
        const isSafe = Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value
        expect(isNumberText((parseJson(`[${value}]`) as unknown[])[0])).toBe(!isSafe)
      }),
    )
  })

  test.each([
    '[12345678901234567890.5]',
    '{"a":70368744177664.01}',
    '[1e400]',
    '[1e-400]',
    '[-9007199254740993]',
  ])('writes %s again as it came', text => {
    expect(JSON.stringify(parseJson(text))).toBe(text)
  })

  test.each([
    ['{"a":"12345678901234567890"}', { a: '12345678901234567890' }],
    ['{"a":"x,12345678901234567890"}', { a: 'x,12345678901234567890' }],
    ['[1e300]', [1e300]],
    ['[0.30000000000000004]', [0.1 + 0.2]],
    ['[1.50000000000000000000]', [1.5]],
    ['[100000000000000000e-17]', [1]],
    ['[0.00000000000000000000]', [0]],
    ['[-0]', [-0]],
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

function exponents(): fc.Arbitrary<string> {
  return fc.constantFrom('', '', '', 'e5', 'E+300', 'e-300', 'e-7', 'e400', 'e-400')
}

/** A decimal text in units of 10^-800. */
function exact(text: string): bigint {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text)!
  const value = BigInt(whole + fraction) * 10n ** BigInt(800 - fraction.length + Number(power))
  return sign === '' ? value : -value
}
