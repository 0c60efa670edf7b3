import { BatchGetItemCommand, BatchWriteItemCommand, type WriteRequest } from '@aws-sdk/client-dynamodb'
import { chunked } from '../chunked.ts'
import { inParallel } from '../in-parallel.ts'
import { pauseBefore, retrying } from '../retry.ts'
import {
  type Access,
  type Attributes,
  type Key,
  keyAttributes,
  keyOf,
  keyText,
  outOfTime,
  WIDTH,
} from './table.ts'

/** Most keys of a BatchGetItem and most requests of a BatchWriteItem (DynamoDB's API reference). */
const MAX_GETS = 100
const MAX_WRITES = 25

/** Items by the text of their keys, in consistent reads. What a call leaves unprocessed is asked for again. */
export async function getItems(
  access: Access,
  keys: readonly Key[],
): Promise<ReadonlyMap<string, Attributes>> {
  const found = new Map<string, Attributes>()
  await inParallel(chunked(keys, MAX_GETS), WIDTH, async chunk => {
    await untilProcessed(access, 'read items', chunk.map(keyAttributes), async open => {
      const command = new BatchGetItemCommand({
        RequestItems: { [access.table]: { Keys: open, ConsistentRead: true } },
      })
      const { Responses, UnprocessedKeys } = await retrying(
        abortSignal => access.client.send(command, { abortSignal }),
        { what: `read items of table ${access.table}`, timeLeft: access.timeLeft },
      )
      for (const item of Responses?.[access.table] ?? []) found.set(keyText(keyOf(item)), item)
      return UnprocessedKeys?.[access.table]?.Keys ?? []
    })
  })
  return found
}

/** Puts and deletes without a condition, each item at most once. What a call leaves unprocessed is sent again. */
export async function writeItems(access: Access, requests: readonly WriteRequest[]): Promise<void> {
  await inParallel(chunked(requests, MAX_WRITES), WIDTH, chunk =>
    untilProcessed(access, 'take items', chunk, async open => {
      const command = new BatchWriteItemCommand({ RequestItems: { [access.table]: open } })
      const { UnprocessedItems } = await retrying(
        abortSignal => access.client.send(command, { abortSignal }),
        { what: `write items of table ${access.table}`, timeLeft: access.timeLeft },
      )
      return UnprocessedItems?.[access.table] ?? []
    }),
  )
}

/** Repeats what is left, as long as there is time. Only calls that got nothing done wait longer and longer. */
async function untilProcessed<T>(
  access: Access,
  what: string,
  items: readonly T[],
  process: (open: T[]) => Promise<T[]>,
): Promise<void> {
  let open = [...items]
  for (let failures = 0; open.length > 0; ) {
    const left = await process(open)
    failures = left.length < open.length ? 0 : failures + 1
    open = left
    if (open.length > 0 && !(await pauseBefore(failures, access.timeLeft))) throw outOfTime(access, what)
  }
}
