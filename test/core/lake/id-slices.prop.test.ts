import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SLICE_EPOCHS, sliceLengths, slicesAround, slicesBetween } from '../../../core/lake/id-slices.ts'

const lengthOfEpoch = fc.constantFrom(1000, 10_000, 60_000, 3_600_000)
const horizons = fc.constantFrom(2, 24, 127, 128, 1440, 8640, 86_400)

test('slices between two epochs hold each epoch between them once, and no other', () => {
  fc.assert(
    fc.property(lengthOfEpoch, horizons, fc.nat(200_000), fc.nat(9000), (epochLength, horizon, at, many) => {
      const [first, end] = [at * epochLength, (at + many) * epochLength]
      const slices = slicesBetween(first, end, epochLength, sliceLengths(horizon))
      let next = first
      for (const { from, epochs } of slices) {
        expect(from).toBe(next)
        next += epochs * epochLength
      }
      expect(next).toBe(end)
    }),
  )
})

test('a search of a day of epochs, of whatever length, reads few objects', () => {
  fc.assert(
    fc.property(lengthOfEpoch, fc.nat(200_000), (epochLength, at) => {
      const horizon = 86_400_000 / epochLength
      const slices = slicesBetween(
        at * epochLength,
        (at + horizon) * epochLength,
        epochLength,
        sliceLengths(horizon),
      )
      expect(slices.length).toBeLessThanOrEqual(4 * 63 + Math.ceil(horizon / SLICE_EPOCHS[1]))
    }),
  )
})

test('a slice that a search reads is among those around each of its epochs', () => {
  fc.assert(
    fc.property(
      lengthOfEpoch,
      fc.nat(200_000),
      fc.nat(9000),
      fc.nat(9000),
      (epochLength, at, many, offset) => {
        const epoch = (at + (offset % (many + 1))) * epochLength
        const around = slicesAround(epoch, epochLength)
        const end = (at + many + 1) * epochLength
        const slices = slicesBetween(at * epochLength, end, epochLength, SLICE_EPOCHS)
        const own = slices.find(({ from, epochs }) => from <= epoch && epoch < from + epochs * epochLength)!
        if (own.epochs > 1) expect(around).toContainEqual(own)
      },
    ),
  )
})
