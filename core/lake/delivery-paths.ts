import type { CalendarWindow } from '../data/calendar.ts'

/** What is taken away: the windows of metrics that start in a month. */
export type Delivery = {
  /** As in `2026-10`. */
  readonly month: string
  /** `declared`: those of each metric. */
  readonly window: CalendarWindow | 'declared'
  /** By whose calendar, in the names of the IANA database. */
  readonly timezone: string
}

/** As readers of partitioned folders expect it: what is not the default has a folder of its own. */
function deliveryFolder({ month, window, timezone }: Delivery): string {
  const of = window === 'declared' ? '' : `/window=${window}`
  const by = timezone === 'UTC' ? '' : `/timezone=${encodeURIComponent(timezone)}`
  return `deliveries/month=${month}${of}${by}`
}

/** A metric's rows of a delivery, for whoever takes them away. */
export const deliveryFile = (delivery: Delivery, metric: string, ending: 'csv' | 'parquet') =>
  `${deliveryFolder(delivery)}/${metric}.${ending}`

/** The list of a delivery's files: there once they are. */
export const deliveryManifest = (delivery: Delivery) => `${deliveryFolder(delivery)}/manifest.json`
