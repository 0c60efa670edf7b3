import { BatchGetItemCommand, BatchWriteItemCommand, type WriteRequest } from '@aws-sdk/client-dynamodb'
import { chunked } from '../chunked.ts'
import { inParallel } from '../in-parallel.ts'
import { pauseBefore } from '../retry.ts'
import {
  type Access,
  type Attributes,
  calling,
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

/** Items by the text of their keys, in consistent reads. */
export async function getItems(
  access: Access,
  keys: readonly Key[],
): Promise<ReadonlyMap<string, Attributes>> {
  const items = await itemsAt(access, keys.map(keyAttributes))
  return new Map(items.map(item => [keyText(keyOf(item)), item]))
}

/**
 * The items that are there of these keys, in any order, in consistent reads. What a call leaves unprocessed
 * is asked for again.
 */
export async function itemsAt(
  access: Access,
  keys: readonly Attributes[],
  what = 'read items of',
): Promise<readonly Attributes[]> {
  const { client, table, width = WIDTH } = access
  const found: Attributes[] = []
  await inParallel(chunked(keys, MAX_GETS), width, chunk =>
    untilProcessed(access, 'read items', chunk, async open => {
      const command = new BatchGetItemCommand({
        RequestItems: { [table]: { Keys: open, ConsistentRead: true } },
      })
      const answer = await calling(access, what, abortSignal => client.send(command, { abortSignal }))
      found.push(...(answer.Responses?.[table] ?? []))
      return answer.UnprocessedKeys?.[table]?.Keys ?? []
    }),
  )
  return found
}

/**
 * Puts and deletes without a condition, each item at most once. What a call leaves unprocessed is sent again.
 */
export async function writeItems(
  access: Access,
  requests: readonly WriteRequest[],
  what = 'write items of',
): Promise<void> {
  const { client, table, width = WIDTH } = access
  await inParallel(chunked(requests, MAX_WRITES), width, chunk =>
    untilProcessed(access, 'take items', chunk, async open => {
      const command = new BatchWriteItemCommand({ RequestItems: { [table]: open } })
      const answer = await calling(access, what, abortSignal => client.send(command, { abortSignal }))
      return answer.UnprocessedItems?.[table] ?? []
    }),
  )
}

/**
 * Repeats what is left, as long as there is time. Only calls that got nothing done wait longer and longer.
 */
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
