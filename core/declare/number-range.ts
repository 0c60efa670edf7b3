import { DECIMAL_DIGITS, decimalPlaces, POWERS_OF_TEN, toScaled } from '../data/decimal.ts'

/** Keywords of a number's shape, as far as they bound it. */
type Bounded = Readonly<Record<string, unknown>>

type Bound = { readonly keyword: string; readonly value: number; readonly isOutside: boolean }

/**
 * Bounds of a number that got tighter from one shape to the next. The range that a number's type or decimal
 * places give it is not the author's, and does not count: every integer that was sent is a number still.
 *
 * @param scale decimal places that the newer contract gives to numbers without a `multipleOf`
 */
export function tighterRange(older: Bounded, newer: Bounded, scale: number | undefined): readonly string[] {
  const own =
    newer['type'] === undefined ? [] : boundsOf(newer).filter(bound => !isOfType(bound, newer, scale))
  return own.flatMap(now => {
    const side = isLower(now)
    const before = boundsOf(older).filter(bound => isLower(bound) === side)
    if (before.some(was => holds(was, now))) return []
    const was = before[0]?.value ?? 'none'
    return [`${now.keyword} got tighter (${was} → ${now.value}); older values may fail it`]
  })
}

const KEYWORDS = ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum']

function boundsOf(shape: Bounded): readonly Bound[] {
  return KEYWORDS.flatMap(keyword => {
    const value = shape[keyword]
    return typeof value === 'number' ? [{ keyword, value, isOutside: keyword.startsWith('excl') }] : []
  })
}

const isLower = ({ keyword }: Bound) => keyword.endsWith('inimum')

/** Whether every number within `was` is within `now`, both of one side. */
function holds(was: Bound, now: Bound): boolean {
  if (was.value === now.value) return was.isOutside || !now.isOutside
  return isLower(was) === was.value > now.value
}

/** A bound that the reader of shapes adds (core/schema/read-scalar.ts). */
function isOfType({ value, isOutside }: Bound, shape: Bounded, scale: number | undefined): boolean {
  if (!isOutside) return Math.abs(value) === Number.MAX_SAFE_INTEGER
  const step = shape['multipleOf']
  const places = typeof step === 'number' ? decimalPlaces(step) : scale
  return places !== undefined && Math.abs(value) === POWERS_OF_TEN[DECIMAL_DIGITS - places]
}

/** Whether values of the older shape may be no multiples of the newer one's step: 0.05 may be none of 0.1. */
export function isCoarser(older: Bounded, newer: Bounded): boolean {
  const [was, now] = [
    older['multipleOf'] ?? (older['type'] === 'integer' ? 1 : undefined),
    newer['multipleOf'],
  ]
  if (typeof now !== 'number') return false
  if (typeof was !== 'number') return true
  const places = Math.max(decimalPlaces(was) ?? 0, decimalPlaces(now) ?? 0)
  return BigInt(toScaled(was, places)) % BigInt(toScaled(now, places)) !== 0n
}
