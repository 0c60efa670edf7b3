import type { AlertRecord, HistoryEntry, Silence } from '../../core/alerts/alert-record.ts'
import { TributaryError } from '../../core/errors.ts'
import type { AlertStore } from '../../core/ports/alerts/alert-store.ts'

export type SilencePorts = {
  readonly store: Pick<AlertStore, 'commit'>
  readonly records: Map<string, AlertRecord>
  readonly now: () => number
}

/** Longest silence, ms: what is not wanted for longer is no alert, and its declaration can go. */
const LONGEST_SILENCE = 30 * 86_400_000

/** Holds messages of an alert back for a time, and lets them go again. */
export function createSilenceAlert({ store, records, now }: SilencePorts) {
  const recordOf = (alert: string): AlertRecord => {
    const record = records.get(alert)
    if (record !== undefined) return record
    throw new TributaryError(
      'not_found',
      `there is no alert "${alert.slice(0, 100)}"; GET /v1/alerts lists them`,
    )
  }
  const keep = async (record: AlertRecord, entry: HistoryEntry): Promise<AlertRecord> => {
    await store.commit({ alert: record.alert, record, history: [entry] })
    records.set(record.alert, record)
    return record
  }

  return {
    /** @throws TributaryError `not_found`; `bad_request` for a time that is past, or too far */
    silence(alert: string, { until, by, why }: Omit<Silence, 'at'>): Promise<AlertRecord> {
      const record = recordOf(alert)
      const at = now()
      if (until <= at || until > at + LONGEST_SILENCE)
        throw new TributaryError(
          'bad_request',
          'a silence ends in the future, and within 30 days: give "for": "2h"',
        )
      const silence = { until, by, why, at }
      return keep({ ...record, silence }, { kind: 'silenced', ...silence })
    },
    /** @throws TributaryError `not_found` */
    async unsilence(alert: string, by: string): Promise<AlertRecord> {
      const record = recordOf(alert)
      const at = now()
      if (record.silence === undefined || record.silence.until <= at) return record
      return keep({ ...record, silence: undefined }, { at, kind: 'unsilenced', by })
    },
  }
}
