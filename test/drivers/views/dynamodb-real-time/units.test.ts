import { describe, expect, test } from 'vitest'
import { expectedWrites } from '../../../../drivers/views/dynamodb-real-time/units.ts'

const PACKED = { packTo: 1024, groups: 1000, spread: 8 }
const APART = { ...PACKED, groups: 1 }

/**
 * Measured with 500 boards over 8 partitions and an hour of 1,000 events/s: units of a batch in all
 * partitions.
 */
const MEASURED = [
  { batch: 1000, layout: APART, units: 883 },
  { batch: 10_000, layout: APART, units: 3670 },
  { batch: 1000, layout: PACKED, units: 172 },
  { batch: 10_000, layout: PACKED, units: 220 },
] as const

describe('expected writes', () => {
  test.each(MEASURED)(
    'are near the $units units measured for a batch of $batch',
    ({ batch, layout, units }) => {
      const expected = expectedWrites({ groups: 500, events: batch / 8, bytes: 30 }, layout)
      expect(expected.units * 8).toBeGreaterThan(units * 0.8)
      expect(expected.units * 8).toBeLessThan(units * 1.2)
    },
  )

  test('are one item for a group, and never more than events or groups', () => {
    expect(expectedWrites({ groups: 1, events: 1000, bytes: 30 }, PACKED)).toEqual({ items: 1, units: 1 })
    for (const layout of [PACKED, APART]) {
      expect(expectedWrites({ groups: 100_000, events: 1, bytes: 30 }, layout).items).toBeCloseTo(1)
      expect(expectedWrites({ groups: 10, events: 1e6, bytes: 30 }, layout).items).toBeLessThanOrEqual(10)
    }
  })

  test('grow by units where sketches outgrow one', () => {
    expect(expectedWrites({ groups: 1, events: 10, bytes: 2500 }, APART)).toEqual({ items: 1, units: 3 })
  })
})
