import { hash } from 'node:crypto'
import type { Acknowledgements } from '../../../core/ports/ledger.ts'
import { putIf } from '../../aws/dynamodb/items.ts'
import { timeLeftOf } from '../../aws/retry.ts'
import {
  acknowledgedKey,
  addTo,
  enlist,
  itemOf,
  type LedgerAccess,
  type LedgerTable,
  SHARDS,
  writeCounts,
} from './items.ts'

export type DynamodbAcknowledgementsOptions = LedgerTable & {
  /** Names this container or process and no other, ever: a UUID made at its start. */
  readonly container: string
}

/** What this container has acknowledged of one epoch so far. */
type Total = {
  readonly epoch: number
  readonly pk: string
  readonly sk: string
  readonly counts: Map<string, number>
  events: number
  isListed: boolean
}

/**
 * Epochs whose totals are kept in memory: events are stamped with the current one, and now and then the one
 * before.
 */
const OPEN_EPOCHS = 4
const TIMEOUT_MS = 5_000

/**
 * Ingest's end of the ledger on DynamoDB. The container's totals of an epoch are one item, put whole each
 * time, so a repeated put changes nothing: one write unit a call and epoch (with up to about twenty types),
 * and one more for the first of an epoch.
 *
 * Calls may overlap. A put that arrives after a later one of the same container is left out, as totals only
 * grow.
 *
 * @example
 * const ledger = createDynamodbAcknowledgements({ client, table: 'tributary-dev-control', epochLength: 3_600_000, container: randomUUID() })
 * await ledger.acknowledge([{ epoch, type: 'com.example.order', count: 25 }])
 */
export function createDynamodbAcknowledgements(options: DynamodbAcknowledgementsOptions): Acknowledgements {
  const { container, timeoutMs = TIMEOUT_MS } = options
  const totals = new Map<number, Total>()
  const shard = Number.parseInt(hash('sha256', container, 'hex').slice(0, 8), 16) % SHARDS
  let serial = 0

  function totalOf(epoch: number): Total {
    const known = totals.get(epoch)
    if (known !== undefined) return known
    // An epoch that was forgotten and comes back must not replace what was put of it before: it gets an item
    // of its own.
    const [pk, sk] = [acknowledgedKey(epoch, shard), `${container}#${serial++}`]
    const total = { epoch, pk, sk, counts: new Map<string, number>(), events: 0, isListed: false }
    totals.set(epoch, total)
    if (totals.size > OPEN_EPOCHS) totals.delete(Math.min(...totals.keys()))
    return total
  }

  return {
    async acknowledge(records) {
      const concerned = new Set<Total>()
      for (const { epoch, type, count } of records) {
        const total = totalOf(epoch)
        addTo(total.counts, type, count)
        total.events += count
        concerned.add(total)
      }
      const access = { ...options, timeLeft: timeLeftOf(timeoutMs) }
      await Promise.all([...concerned].map(total => save(access, total)))
    },
  }
}

async function save(access: LedgerAccess, total: Total): Promise<void> {
  const listed = total.isListed ? undefined : enlist(access, total.epoch)
  await Promise.all([listed, putTotal(access, total)])
  total.isListed = true
}

/** Stores a total unless a later one of the same container has overtaken it: that one includes it. */
async function putTotal(access: LedgerAccess, { epoch, pk, sk, counts, events }: Total): Promise<void> {
  const number = { N: String(events) }
  const item = { ...itemOf(access, epoch, pk, sk), counts: writeCounts(counts), events: number }
  const condition = {
    text: 'attribute_not_exists(pk) OR #events <= :events',
    names: { '#events': 'events' },
    values: { ':events': number },
  }
  await putIf(access, item, condition, 'put a total of the ledger into')
}
