import { TributaryError } from './errors.ts'

/** Smallest and largest value of a number, and whether it has to be whole. */
export type Range = readonly [least: number, most: number, kind?: 'whole']

/** The range of what counts things or measures their size. */
export const COUNT: Range = [1, Number.MAX_SAFE_INTEGER, 'whole']

/**
 * Refuses numbers out of their ranges.
 *
 * @param part what they are settings of, as in `the pump`
 * @throws TributaryError `invalid_setting`
 */
export function requireRanges<Name extends string>(
  part: string,
  settings: Readonly<Record<NoInfer<Name>, number>>,
  ranges: Readonly<Record<Name, Range>>,
): void {
  for (const name of Object.keys(ranges) as Name[]) {
    const [value, [least, most, kind]] = [settings[name], ranges[name]]
    if (value >= least && value <= most && (kind === undefined || Number.isSafeInteger(value))) continue
    const right = `${kind === 'whole' ? 'a whole number ' : ''}${least} … ${most}`
    throw new TributaryError('invalid_setting', `${name} of ${part} must be ${right}: ${value}`)
  }
}
