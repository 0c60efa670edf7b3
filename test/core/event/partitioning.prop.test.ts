import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grown, newPartitioning, spreadAt, spreadOf } from '../../../core/event/partitioning.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 0, 1, 10, 30)

/** What the ledger records when processes are told these numbers one after the other. */
const recorded = (told: readonly { readonly after: number; readonly count: number }[]) => {
  let [now, partitioning] = [NOW, newPartitioning(HOUR, told[0]!.count)]
  for (const { after, count } of told.slice(1)) {
    now += after
    partitioning = grown(partitioning, count, now) ?? partitioning
  }
  return { now, partitioning }
}

const told = fc.array(
  fc.record({
    after: fc.constantFrom(0, 1, 60_000, HOUR, 5 * HOUR),
    count: fc.integer({ min: 1, max: 400 }),
  }),
  { minLength: 1, maxLength: 80 },
)

describe('the partitions that the ledger records', () => {
  test('no number of a partition is ever taken up again, and none is one that earlier versions used', () => {
    fc.assert(
      fc.property(told, all => {
        const { spreads } = recorded(all).partitioning
        expect(spreads[0]!.first).toBeGreaterThanOrEqual(10_000)
        for (const [i, { first, count }] of spreads.entries())
          expect(spreads[i + 1]?.first ?? first + count).toBe(first + count)
      }),
    )
  })

  test('grow to the largest number that was told, from an epoch on that nobody has stamped with', () => {
    fc.assert(
      fc.property(told, all => {
        const { now, partitioning } = recorded(all)
        const largest = Math.max(...all.map(({ count }) => count))
        expect(spreadAt(partitioning, now + 2 * HOUR).count).toBe(largest)
        const before = spreadAt(partitioning, now + 60_000 - HOUR)
        const more = grown(partitioning, largest + 1, now)!
        expect(spreadAt(more, Math.floor((now + 60_000) / HOUR) * HOUR)).toEqual(
          spreadAt(partitioning, Math.floor((now + 60_000) / HOUR) * HOUR),
        )
        expect(spreadAt(more, now + 60_000 - HOUR)).toEqual(before)
        expect(grown(partitioning, largest, now)).toBeUndefined()
      }),
    )
  })

  test('are found by their number, and the record stays short however often they change', () => {
    fc.assert(
      fc.property(told, all => {
        const { partitioning } = recorded(all)
        expect(partitioning.spreads.length).toBeLessThanOrEqual(32)
        for (const spread of partitioning.spreads)
          for (const partition of [spread.first, spread.first + spread.count - 1])
            expect(spreadOf(partitioning, partition)).toEqual(spread)
        expect(spreadOf(partitioning, 9_999)).toBeUndefined()
      }),
    )
  })
})
