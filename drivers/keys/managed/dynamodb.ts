import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type ManagedKey, MOST_KEYS } from '../../../core/access/managed-key.ts'
import type { ManagedKeys } from '../../../core/ports/callers/managed-keys.ts'
import { putIf, updateIf } from '../../aws/dynamodb/items.ts'
import { queryAll } from '../../aws/dynamodb/query.ts'
import { type Access, type Attributes, calling, keyAttributes } from '../../aws/dynamodb/table.ts'
import { timeLeftOf } from '../../aws/retry.ts'

export type DynamodbKeysOptions = {
  readonly client: DynamoDBClient
  /** The control table, with the keys `pk` and `sk` (texts). */
  readonly table: string
  /** So many keys at most (`MOST_KEYS`). */
  readonly most?: number
  /** Milliseconds that one call may take (5,000). */
  readonly timeoutMs?: number
}

/** Partition key of these items, which alone who reads or makes keys may touch. */
export const KEYS = 'keys'

const keyOf = (name: string) => ({ pk: KEYS, sk: name })

/**
 * Keys that were made, one item each of the control table: what a key is as JSON, and when it was used last
 * beside it. All of them are read in one consistent query.
 *
 * @throws (each call) TributaryError of AWS
 */
export function createDynamodbKeys({
  client,
  table,
  most = MOST_KEYS,
  timeoutMs = 5000,
}: DynamodbKeysOptions): ManagedKeys {
  const begin = (): Access => ({ client, table, timeLeft: timeLeftOf(timeoutMs) })
  const list = async () => {
    const items = await queryAll(begin(), { pk: KEYS }, 'read the keys of')
    return items.map(keyIn)
  }
  return {
    list,
    async add(key) {
      if ((await list()).length >= most) return 'full'
      const item = { ...keyAttributes(keyOf(key.name)), key: { S: JSON.stringify(key) } }
      const isFree = { text: 'attribute_not_exists(pk)' }
      const { held } = await putIf(begin(), item, isFree, 'put a key into')
      return held ? 'added' : 'taken'
    },
    async remove(name) {
      return deleteIfThere(begin(), name)
    },
    async used(name, at) {
      const update = { text: 'SET usedAt = :at', values: { ':at': { N: String(at) } } }
      const isThere = { text: 'attribute_exists(pk)' }
      await updateIf(begin(), keyOf(name), update, isThere, 'note the use of a key in')
    },
  }
}

function keyIn({ key, usedAt }: Attributes): ManagedKey {
  const stored = JSON.parse(key!.S!) as ManagedKey
  return usedAt?.N === undefined ? stored : { ...stored, usedAt: Number(usedAt.N) }
}

/** A call whose answer was lost is made again, and then finds nothing: the key is gone, as it was to be. */
async function deleteIfThere(access: Access, name: string): Promise<boolean> {
  const command = new DeleteItemCommand({
    TableName: access.table,
    Key: keyAttributes(keyOf(name)),
    ReturnValues: 'ALL_OLD',
  })
  const { Attributes: old } = await calling(access, 'revoke a key in', abortSignal =>
    access.client.send(command, { abortSignal }),
  )
  return old !== undefined
}
