import fc from 'fast-check'
import { expect, test } from 'vitest'
import { monthBefore, parseMonth } from '../../../core/data/month.ts'

const iso = (text: string) => Date.parse(text)

test('a month is from its first instant to that of the next one', () => {
  expect(parseMonth('2026-10')).toEqual({
    ...{ name: '2026-10', from: iso('2026-10-01T00:00:00Z'), to: iso('2026-11-01T00:00:00Z') },
  })
  expect(parseMonth('2024-02')?.to).toBe(iso('2024-03-01T00:00:00Z'))
  expect(parseMonth('2026-12')?.to).toBe(iso('2027-01-01T00:00:00Z'))
})

test.each(['2026-00', '2026-13', '2026-1', '0026-01', '2026-10-01', '26-10', ' 2026-10', '', '2026-10\n'])(
  '%j is no month',
  text => {
    expect(parseMonth(text)).toBeUndefined()
  },
)

test('the month before ends where that of the instant begins', () => {
  expect(monthBefore(iso('2026-11-01T05:00:00Z')).name).toBe('2026-10')
  expect(monthBefore(iso('2026-01-31T23:59:59Z')).name).toBe('2025-12')
  const instants = fc.integer({ min: iso('1001-01-01T00:00:00Z'), max: iso('9998-01-01T00:00:00Z') })
  fc.assert(
    fc.property(instants, ms => {
      const before = monthBefore(ms)
      expect(parseMonth(before.name)).toEqual(before)
      expect(new Date(before.to).toISOString().slice(0, 7)).toBe(new Date(ms).toISOString().slice(0, 7))
    }),
  )
})
