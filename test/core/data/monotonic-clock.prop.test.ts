import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMonotonicClock } from '../../../core/data/monotonic-clock.ts'

test('the clock of receipts never shows less than before, nor less than its floor or the time', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.array(fc.nat(20_000)), (floor, times) => {
      let time = 0
      const clock = createMonotonicClock(floor, () => time)
      let last = floor
      for (time of times) {
        const shown = clock.now()
        expect(shown).toBeGreaterThanOrEqual(Math.max(last, time))
        expect(clock.ahead()).toBe(shown - time)
        last = shown
      }
    }),
  )
})

test('a clock set back an hour goes on at half the pace, and shows the time again after two', () => {
  const HOUR = 3_600_000
  let time = 10 * HOUR
  const clock = createMonotonicClock(11 * HOUR, () => time)
  expect(clock.now()).toBe(11 * HOUR)
  time += HOUR
  expect(clock.now()).toBe(11.5 * HOUR)
  expect(clock.ahead()).toBe(0.5 * HOUR)
  time += HOUR
  expect(clock.now()).toBe(12 * HOUR)
  expect(clock.ahead()).toBe(0)
  time -= HOUR
  expect(clock.now()).toBe(12 * HOUR)
  expect(clock.ahead()).toBe(HOUR)
})
