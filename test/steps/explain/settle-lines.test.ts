import fc from 'fast-check'
import { expect, test } from 'vitest'
import { droppedLines } from '../../../steps/explain/settle-lines.ts'

const HOUR = 3_600_000
const line = (epoch: number, place = 0) => ({ receipt: `${epoch}-${place}`, epoch: epoch * HOUR })

test('the first receipt of an event counts, and those after it name it as long as it is remembered', () => {
  const lines = [line(1), line(1, 1), line(2), line(4), line(4, 1)]
  expect(droppedLines(lines, [], 2 * HOUR)).toEqual([
    { ...line(1, 1), counted: line(1) },
    { ...line(2), counted: line(1) },
    { ...line(4, 1), counted: line(4) },
  ])
})

test('what earlier epochs have counted counts here as well, and what is not counted is not remembered', () => {
  const counted = { receipt: undefined, epoch: HOUR }
  expect(droppedLines([line(2), line(3), line(4)], [HOUR], 2 * HOUR)).toEqual([
    { ...line(2), counted },
    { ...line(3), counted },
  ])
  expect(droppedLines([line(4)], [HOUR], 2 * HOUR)).toEqual([])
  expect(droppedLines([line(4)], [5 * HOUR], 2 * HOUR)).toEqual([])
})

test('of any lines those counted lie further apart than an id is remembered, and no other one does', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30)), fc.integer({ min: 1, max: 5 }), (epochs, horizon) => {
      const lines = epochs.sort((a, b) => a - b).map((epoch, i) => line(epoch, i))
      const dropped = new Set(droppedLines(lines, [], horizon * HOUR).map(({ receipt }) => receipt))
      const counted = lines.filter(({ receipt }) => !dropped.has(receipt)).map(({ epoch }) => epoch)
      for (const [i, epoch] of counted.entries())
        if (i > 0) expect(epoch - counted[i - 1]!).toBeGreaterThan(horizon * HOUR)
      for (const { receipt, epoch } of lines)
        if (dropped.has(receipt))
          expect(counted.some(one => one <= epoch && epoch - one <= horizon * HOUR)).toBe(true)
    }),
  )
})
