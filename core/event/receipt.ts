/**
 * Receipt ids: one per event received, sorting as the events were stamped.
 * `1763720000123-k3x9a0-00001f-0003`: the ms it was received, the process (or container), the request, the
 * place within the request's records.
 */
const PLACES: readonly string[] = Array.from({ length: 36 ** 3 }, (_, i) => i.toString(36).padStart(3, '0'))

/** Digits of the received ms at the start of a receipt; good until the year 2286. */
export const RECEIPT_MS_DIGITS = 13

/** Most events of one request that a receipt can number. */
export const MAX_PLACES = PLACES.length

/** Prefix of all receipts of one request. `request` counts up within the process. */
export function receiptPrefix(receivedAt: number, process: string, request: number): string {
  return `${receivedAt}-${process}-${sevenDigits(request)}-`
}

/**
 * Base 36, from a table: each request has one, and to make it anew costs more than the rest of the prefix.
 */
function sevenDigits(value: number): string {
  const high = Math.floor(value / PLACES.length)
  const low = PLACES[value % PLACES.length]!
  return high < PLACES.length ? `0${PLACES[high]!}${low}` : high.toString(36).padStart(4, '0') + low
}

/** One receipt. */
export function receipt(prefix: string, place: number): string {
  return prefix + PLACES[place]!
}

/** When a receipt was given, ms since 1970. */
export function receivedAt(id: string): number {
  return Number(id.slice(0, RECEIPT_MS_DIGITS))
}
