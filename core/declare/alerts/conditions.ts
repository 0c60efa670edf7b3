/** Bounds of a number; it is judged by those that are given, and is out of bounds beyond one of them. */
export type Bounds = { readonly above?: number; readonly below?: number }

/** With what a number is compared: the window before, or the same window a day or a week earlier. */
export const AGAINST = ['previous', 'day', 'week'] as const

export type Against = (typeof AGAINST)[number]

/** What makes a window one of concern. Plain data; made by the functions of this file. */
export type AlertCondition =
  | ({ readonly kind: 'threshold'; readonly measure: string } & Bounds)
  | {
      readonly kind: 'change'
      readonly measure: string
      readonly against: Against
      /** The number divided by the one that it is compared with. */
      readonly ratio?: Bounds
      /** The number less the one that it is compared with. */
      readonly difference?: Bounds
    }
  | { readonly kind: 'absence' }

/**
 * The measure is above or below a number.
 *
 * @example threshold('temperature_mean', { above: 60 })
 */
export const threshold = (measure: string, bounds: Bounds): AlertCondition => ({
  ...{ kind: 'threshold', measure },
  ...bounds,
})

/**
 * The measure has changed too much since an earlier window, by ratio or by difference.
 *
 * @example change('trips', { against: 'week', ratio: { below: 0.5 } })
 */
export const change = (
  measure: string,
  how: Omit<Extract<AlertCondition, { kind: 'change' }>, 'kind' | 'measure'>,
): AlertCondition => ({ ...{ kind: 'change', measure }, ...how })

/** Nothing came: the window has no event. */
export const absence = (): AlertCondition => ({ kind: 'absence' })

/** A condition in words, as messages and pages say it: `trips below 0.5 × the week before`. */
export function describeCondition(condition: AlertCondition): string {
  if (condition.kind === 'absence') return 'no events'
  if (condition.kind === 'threshold') return `${condition.measure} ${boundsText(condition, '')}`
  const before = { previous: 'the window before', day: 'the day before', week: 'the week before' }
  const than = before[condition.against]
  if (condition.ratio !== undefined)
    return `${condition.measure} ${boundsText(condition.ratio, ` × ${than}`)}`
  return `${condition.measure} less ${than} ${boundsText(condition.difference ?? {}, '')}`
}

function boundsText({ above, below }: Bounds, unit: string): string {
  const parts = [
    ...(above === undefined ? [] : [`above ${above}${unit}`]),
    ...(below === undefined ? [] : [`below ${below}${unit}`]),
  ]
  return parts.join(' or ')
}
