import { type TributaryError, toTributaryError } from '../../core/errors.ts'
import type { Acknowledgements } from '../../core/ports/ledger.ts'
import type { PutOutcome, Stream } from '../../core/ports/stream/stream.ts'

export type AcknowledgedStreamOptions = {
  readonly stream: Stream
  readonly ledger: Acknowledgements
  /** Told why stored records are refused. */
  readonly report: (error: TributaryError) => void
}

/** A second: never none, which would have ingest stamp the events anew and put them at once. */
const REFUSED: PutOutcome = { kind: 'refused', reason: 'not_acknowledged', retryAfterSeconds: 1 }

/**
 * A stream whose `stored` also means: counted in the ledger. For streams that do not count what they store.
 *
 * Where the ledger does not take the count, what the stream has stored is refused all the same: a sender that
 * had its answer must find its events in `accepted`, or their loss on the way to the lake could go unnoticed.
 * The events are then in the stream although their sender is told to send them again. That is safe: the copy
 * is a duplicate and counts in neither layer. And they stay in the ledger's totals, as the raw lake will hold
 * them. So always: acknowledged ≤ accepted ≤ in the stream.
 *
 * @example
 * const stream = createAcknowledgedStream({ stream: kinesis, ledger: createDynamodbAcknowledgements(…), report: logError })
 */
export function createAcknowledgedStream({ stream, ledger, report }: AcknowledgedStreamOptions): Stream {
  return {
    async put(records) {
      const outcomes = await stream.put(records)
      const stored = records.filter((_, i) => outcomes[i]?.kind === 'stored')
      if (stored.length === 0) return outcomes
      try {
        await ledger.acknowledge(stored)
        return outcomes
      } catch (error) {
        report(toTributaryError(error))
        return outcomes.map(outcome => (outcome.kind === 'stored' ? REFUSED : outcome))
      }
    },
  }
}
