import { epochOf } from '../core/data/epoch.ts'
import { formatInstant } from '../core/data/time.ts'
import type { Ledger } from '../core/ports/ledger.ts'

/** The epoch that is filling. */
export type OpenEpoch = {
  /** ISO instant. */
  readonly start: string
  readonly lengthMs: number
  /** Events taken in so far, of all types. */
  readonly accepted: number
}

/** How far the epoch is that receipts go into now. */
export function openEpochOf(ports: {
  readonly ledger: Pick<Ledger, 'epochs'>
  readonly epochLength: number
  readonly now: () => number
}): () => Promise<OpenEpoch> {
  const { ledger, epochLength, now } = ports
  return async () => {
    const start = epochOf(now(), epochLength)
    const epochs = await ledger.epochs(start - epochLength)
    const counts = epochs.filter(({ epoch }) => epoch === start).flatMap(one => Object.values(one.accepted))
    return {
      start: formatInstant(start),
      lengthMs: epochLength,
      accepted: counts.reduce((sum, count) => sum + count, 0),
    }
  }
}
