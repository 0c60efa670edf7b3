import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { TributaryError } from '../../core/errors.ts'
import type { CountedSince } from '../../core/ports/counted-since.ts'
import { getItem, putIf } from '../aws/dynamodb/items.ts'
import { type Access, keyAttributes } from '../aws/dynamodb/table.ts'
import { timeLeftOf } from '../aws/retry.ts'

export type DynamodbCountedSinceOptions = {
  readonly client: DynamoDBClient
  /** The control table. */
  readonly table: string
  /** Milliseconds that one call may take (10,000). */
  readonly timeoutMs?: number
}

/** The note, and a change of it that other containers make at the same time. */
export type SharedCountedSince = CountedSince & {
  /** Replaces the note by what `change` makes of it; writes nothing where that is the same. */
  change(change: (since: ReadonlyMap<string, number>) => ReadonlyMap<string, number>): Promise<void>
}

const KEY = { pk: 'counted-since', sk: 'all' } as const

/** Other writers that may come in between before this one gives up for now. */
const ATTEMPTS = 10

/**
 * The note as one item of the control table, as JSON under a version: it is as long as the pipeline.
 *
 * @throws (each call) TributaryError `overloaded`, `timeout`, `unavailable`, `storage_failed`
 */
export function createDynamodbCountedSince(options: DynamodbCountedSinceOptions): SharedCountedSince {
  const { client, table, timeoutMs = 10_000 } = options
  const begin = (): Access => ({ client, table, timeLeft: timeLeftOf(timeoutMs) })

  async function read(access: Access) {
    const item = await getItem(access, KEY, 'read since when metrics are counted in')
    const since = JSON.parse(item?.['since']?.S ?? '{}') as Record<string, number>
    return { version: item?.['version']?.N, text: item?.['since']?.S, since: new Map(Object.entries(since)) }
  }

  async function change(changed: Parameters<SharedCountedSince['change']>[0]): Promise<void> {
    const access = begin()
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { version, text, since } = await read(access)
      const next = JSON.stringify(
        Object.fromEntries([...changed(since)].sort(([a], [b]) => (a < b ? -1 : 1))),
      )
      if (next === text) return
      const item = {
        ...keyAttributes(KEY),
        since: { S: next },
        version: { N: String(BigInt(version ?? 0) + 1n) },
      }
      const condition =
        version === undefined
          ? { text: 'attribute_not_exists(pk)' }
          : { text: 'version = :seen', values: { ':seen': { N: version } } }
      if ((await putIf(access, item, condition, 'note since when metrics are counted in')).held) return
    }
    throw new TributaryError('overloaded', 'since when metrics are counted kept changing under its update')
  }

  return {
    list: async () => (await read(begin())).since,
    note: since => change(known => new Map([...known, ...since])),
    change,
  }
}
