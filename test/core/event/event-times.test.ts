import { expect, test } from 'vitest'
import { compileTimeCheck, DEFAULT_TIME_BOUNDS } from '../../../core/event/event-times.ts'

const NOW = Date.parse('2026-11-27T12:00:00Z')
const DAY = 86_400_000
const code = (time: string, bounds = DEFAULT_TIME_BOUNDS) =>
  compileTimeCheck(bounds, () => NOW)(Date.parse(time))?.code

test('an event may be a day ahead of its receipt, and any time behind it', () => {
  expect(code('2026-11-28T12:00:00Z')).toBeUndefined()
  expect(code('2026-11-28T12:00:00.001Z')).toBe('time_out_of_bounds')
  expect(code('2126-11-27T12:00:00Z')).toBe('time_out_of_bounds')
  expect(code('0001-01-01T00:00:00Z')).toBeUndefined()
})

test('bounds are measured from now, and what is beyond them is told with both remedies', () => {
  const bounds = { ahead: Infinity, behind: 7 * DAY }
  expect(code('9999-12-31T23:59:59Z', bounds)).toBeUndefined()
  expect(code('2026-11-20T12:00:00Z', bounds)).toBeUndefined()
  const check = compileTimeCheck(bounds, () => NOW)
  expect(check(NOW - 7 * DAY - 1)).toEqual({
    code: 'time_out_of_bounds',
    detail:
      'attribute "time" is before 2026-11-20T12:00:00Z; send when it happened, or set TRIBUTARY_TIME_BEHIND',
    place: '/time',
  })
})
