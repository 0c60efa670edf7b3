import type { RawDeliveries } from '../../../core/ports/ledger.ts'
import { putItem } from '../../aws/dynamodb/items.ts'
import { timeLeftOf } from '../../aws/retry.ts'
import { addTo, deliveredKey, enlist, itemOf, type LedgerTable, writeCounts } from './items.ts'

/** Epochs known to be in the directory; beyond, one is entered again, which changes nothing. */
const REMEMBERED = 1_000
const TIMEOUT_MS = 10_000

/**
 * The raw delivery's end of the ledger on DynamoDB: one item for each arrival object and epoch, put whole, so
 * an object that is delivered again counts once.
 *
 * @example
 * const ledger = createDynamodbRawDeliveries({ client, table: 'tributary-dev-control', epochLength: 3_600_000 })
 * await ledger.delivered('arrivals/2026/01/01/00/a.jsonl.gz', [{ epoch, type: 'com.example.order', lines: 12 }])
 */
export function createDynamodbRawDeliveries(options: LedgerTable): RawDeliveries {
  const listed = new Set<number>()

  return {
    async delivered(object, lines) {
      const access = { ...options, timeLeft: timeLeftOf(options.timeoutMs ?? TIMEOUT_MS) }
      const epochs = new Map<number, Map<string, number>>()
      for (const { epoch, type, lines: count } of lines) {
        const counts = epochs.get(epoch) ?? new Map<string, number>()
        epochs.set(epoch, counts)
        addTo(counts, type, count)
      }
      // One after the other: an object holds this and the last epoch, or many old ones, which nobody waits
      // for.
      for (const [epoch, counts] of epochs) {
        const item = { ...itemOf(access, epoch, deliveredKey(epoch), object), counts: writeCounts(counts) }
        await putItem(access, item, 'put a delivery of the ledger into')
        if (listed.has(epoch)) continue
        await enlist(access, epoch)
        if (listed.size >= REMEMBERED) listed.clear()
        listed.add(epoch)
      }
    },
  }
}
