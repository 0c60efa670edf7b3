import { parseDuration } from '../../core/data/epoch.ts'
import { formatInstant, parseInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'

/** ISO instants: epochs that begin in [from, to). */
export type InstantRange = { readonly from: string; readonly to: string }

/**
 * Which epochs a backfill goes through: named, or the last ones that are published, as in `{ last: '7d' }`.
 */
export type BackfillRange = InstantRange | { readonly last: string }

/** Ten years: beyond what any range means. */
const LONGEST_MS = 3650 * 86_400_000

/** The bounds of a range, or how much time before the end of the newest published epoch it takes. */
export function boundsOf(range: BackfillRange): readonly [number, number] | number {
  if ('last' in range) return lengthOf(range.last)
  const [first, end] = [parseInstant(range.from), parseInstant(range.to)]
  if (first === undefined || end === undefined)
    throw new TributaryError('bad_request', '"from" and "to" must be instants such as 2026-01-31T12:00:00Z')
  if (first >= end) throw new TributaryError('bad_request', '"from" must be before "to"')
  return [first, end]
}

function lengthOf(last: string): number {
  const length = parseDuration(last)
  if (length !== undefined && length <= LONGEST_MS) return length
  throw new TributaryError('bad_request', '"last" must be a duration such as 24h or 7d, of ten years at most')
}

/** The epochs of that time up to the newest that is closed and published; an empty range where none is. */
export function newest(
  length: number,
  published: readonly { readonly through: number }[],
  epochLength: number,
): readonly [number, number] {
  const through = Math.max(...published.map(type => type.through))
  const end = Number.isFinite(through) ? through + epochLength : 0
  return [end - length, end]
}

/** A type, and from when on its epochs can be computed again, ms. */
type KeptType = { readonly type: string; readonly computable: number }

/**
 * What the report says of types that are kept for less than the range reaches back: from when on they are
 * computed again.
 *
 * @throws TributaryError `bad_request` where that is true of all of the range
 */
export function leftOutOf(
  published: readonly KeptType[],
  from: number,
  to: number,
): { readonly leftOut?: object } {
  const short = published.filter(({ computable }) => computable > from)
  if (short.length === 0) return {}
  const leftOut = Object.fromEntries(
    short.map(({ type, computable }) => [type, { before: formatInstant(computable) }]),
  )
  if (from >= to || !published.every(({ computable }) => computable >= to)) return { leftOut }
  const oldest = Math.min(...published.map(({ computable }) => computable))
  throw new TributaryError(
    'bad_request',
    `nothing before ${formatInstant(oldest)} can be computed again, as "retention" in the contracts says; its numbers stay as they are. ` +
      `Give a "to" after it`,
  )
}
