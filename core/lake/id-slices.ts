import { floorTo } from '../data/time.ts'

/**
 * Epochs whose counted ids one object holds: an epoch, or a slice of so many. Slices begin at multiples of
 * their length since 1970.
 */
export type IdSlice = {
  /** Start of the first epoch, ms. */
  readonly from: number
  readonly epochs: number
}

/**
 * Lengths of slices, in epochs, shortest first. A day of epochs of 10 s is 8,640 of them: of the two lengths
 * together a search reads at most 63 objects of each, besides two of the longest.
 */
export const SLICE_EPOCHS = [64, 4096] as const

/** The lengths worth having for a horizon: epochs of a shorter one are few enough to be read one by one. */
export function sliceLengths(horizon: number): readonly number[] {
  return SLICE_EPOCHS.filter(length => 2 * length <= horizon)
}

/**
 * The epochs that begin in [first, end) as the fewest slices that hold none but them, oldest first.
 *
 * @param lengths as `sliceLengths` says
 */
export function slicesBetween(
  first: number,
  end: number,
  epochLength: number,
  lengths: readonly number[],
): readonly IdSlice[] {
  const slices: IdSlice[] = []
  for (let from = first; from < end; from += slices.at(-1)!.epochs * epochLength) {
    const epochs = lengths.findLast(
      length => isStart(from, length * epochLength) && from + length * epochLength <= end,
    )
    slices.push({ from, epochs: epochs ?? 1 })
  }
  return slices
}

/** Where an epoch is: the slices of those lengths that hold it. */
export function slicesAround(
  epoch: number,
  epochLength: number,
  lengths: readonly number[] = SLICE_EPOCHS,
): readonly IdSlice[] {
  return lengths.map(epochs => ({ from: floorTo(epoch, epochs * epochLength), epochs }))
}

function isStart(from: number, length: number): boolean {
  return from % length === 0
}
