import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRounded } from '../../../core/event/rounding.ts'

test('a number is rounded if its shortest text has more decimal places than are kept, however large it is', () => {
  const digits = fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n })
  fc.assert(
    fc.property(digits, fc.nat(20), fc.nat(15), (whole, places, scale) => {
      const value = Number(`${whole}e-${places}`)
      const [text = '', exponent = '0'] = String(value).split('e')
      const shown = Math.max(0, (text.split('.')[1] ?? '').length - Number(exponent))
      expect(isRounded(value, scale)).toBe(shown > scale)
    }),
    { numRuns: 5000 },
  )
})
