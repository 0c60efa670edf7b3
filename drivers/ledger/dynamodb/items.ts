import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { parsePathInstant, pathInstant } from '../../../core/data/time.ts'
import { putItem } from '../../aws/dynamodb/items.ts'
import type { Access } from '../../aws/dynamodb/table.ts'

/** What every end of the ledger is told. */
export type LedgerTable = {
  readonly client: DynamoDBClient
  /** Table with the keys `pk` and `sk` (text) and `expires` as its time to live. */
  readonly table: string
  /** Milliseconds. */
  readonly epochLength: number
  /** How long after its end an epoch is remembered, ms; the same for all ends. Default 35 days. */
  readonly keepMs?: number
  /** Milliseconds that one call may take. */
  readonly timeoutMs?: number
}

/** The table, and how long the call in hand may still take. */
export type LedgerAccess = LedgerTable & Access

/** Event type → events or lines. */
export type Counts = ReadonlyMap<string, number>

type Item = Readonly<Record<string, AttributeValue>>

/**
 * An epoch's counts of containers are spread over so many keys: DynamoDB takes 1,000 writes a second of one
 * key.
 */
export const SHARDS = 16

const KEEP = 35 * 86_400_000

/** The directory: one item for each epoch that holds events. */
export const DIRECTORY = 'ledger'
export const directoryKey = (epoch: number) => pathInstant(epoch)
export const epochOfKey = (sk: string) => parsePathInstant(sk)

export const acknowledgedKey = (epoch: number, shard: number) => `ledger#${pathInstant(epoch)}#${shard}`
export const deliveredKey = (epoch: number) => `delivered#${pathInstant(epoch)}`

/**
 * When the items of an epoch may be deleted, ms since 1970. Items may live on for days: what is over counts
 * as gone.
 */
export function expiryOf({ epochLength, keepMs = KEEP }: LedgerTable, epoch: number): number {
  return epoch + epochLength + keepMs
}

/** An item of an epoch. */
export function itemOf(
  table: LedgerTable,
  epoch: number,
  pk: string,
  sk: string,
): Record<string, AttributeValue> {
  return {
    pk: { S: pk },
    sk: { S: sk },
    expires: { N: String(Math.ceil(expiryOf(table, epoch) / 1000)) },
  }
}

/** Enters an epoch into the directory. Entering it again changes nothing. */
export function enlist(access: LedgerAccess, epoch: number): Promise<void> {
  return putItem(
    access,
    itemOf(access, epoch, DIRECTORY, directoryKey(epoch)),
    'put an epoch of the ledger into',
  )
}

/** Keeps the counts of a closed epoch in the directory. Who enlists it again takes them out. */
export function settle(access: LedgerAccess, epoch: number, counts: Counts): Promise<void> {
  const item = itemOf(access, epoch, DIRECTORY, directoryKey(epoch))
  return putItem(access, { ...item, counts: writeCounts(counts) }, 'put counts of the ledger into')
}

export function writeCounts(counts: Counts): AttributeValue {
  return { M: Object.fromEntries([...counts].map(([type, count]) => [type, { N: String(count) }])) }
}

/** Adds up the counts of items. */
export function sumCounts(items: readonly Item[]): Counts {
  const sum = new Map<string, number>()
  for (const { counts } of items)
    for (const [type, { N }] of Object.entries(counts?.M ?? {})) addTo(sum, type, Number(N))
  return sum
}

export function addTo(counts: Map<string, number>, type: string, count: number): void {
  counts.set(type, (counts.get(type) ?? 0) + count)
}
