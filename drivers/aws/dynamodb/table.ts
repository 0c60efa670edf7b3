import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { TributaryError } from '../../../core/errors.ts'
import { retrying, type TimeLeft } from '../retry.ts'

/** A table, and how long the work on it may still take. */
export type Access = {
  readonly client: DynamoDBClient
  readonly table: string
  readonly timeLeft: TimeLeft
  /** Requests in flight at the same time (`WIDTH`). */
  readonly width?: number
}

/** The key of a physical item. */
export type Key = { readonly pk: string; readonly sk: string }
export type Attributes = Record<string, AttributeValue>

/** Requests in flight at the same time. */
export const WIDTH = 8

/** A key as one text, no two alike: the length of the first part says where the second begins. */
export function keyText({ pk, sk }: Key): string {
  return `${pk.length} ${pk}${sk}`
}

export function keyOf(item: Attributes): Key {
  return { pk: item['pk']!.S!, sk: item['sk']!.S! }
}

export function keyAttributes({ pk, sk }: Key): Attributes {
  return { pk: { S: pk }, sk: { S: sk } }
}

/**
 * Makes a call, and again while its failure passes and there is time.
 *
 * @param what the words before the table's name in errors, as in `put an item of the ledger into`
 */
export function calling<T>(
  { table, timeLeft }: Access,
  what: string,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  return retrying(call, { what: `${what} table ${table}`, timeLeft })
}

export function outOfTime({ table }: Access, what: string): TributaryError {
  return new TributaryError('overloaded', `table ${table} did not ${what} in time`)
}
