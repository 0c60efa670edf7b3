import { describe, expect, test } from 'vitest'
import { COUNT, requireRanges } from '../../core/ranges.ts'

describe('numbers of settings', () => {
  const ranges = { size: COUNT, seconds: [0, 300] } as const

  test('within their ranges are taken', () => {
    requireRanges('the pump', { size: 1, seconds: 0.5 }, ranges)
  })

  test.each([
    [{ size: 0, seconds: 0 }, /^size of the pump must be a whole number 1 …/],
    [{ size: 1.5, seconds: 0 }, /^size of the pump must be a whole number 1 …/],
    [{ size: Number.NaN, seconds: 0 }, /^size of the pump/],
    [{ size: 1, seconds: 301 }, /^seconds of the pump must be 0 … 300: 301$/],
    [{ size: 1, seconds: Number.NaN }, /^seconds of the pump/],
  ])('out of their ranges are refused, with what would be right: %j', (settings, message) => {
    expect(() => requireRanges('the pump', settings, ranges)).toThrow(
      expect.objectContaining({ code: 'invalid_setting', message: expect.stringMatching(message) }),
    )
  })
})
