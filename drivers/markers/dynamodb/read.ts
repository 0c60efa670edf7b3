import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb'
import { chunked } from '../../aws/chunked.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import { pauseBefore, retrying, type TimeLeft } from '../../aws/retry.ts'
import { readMarker } from './marker.ts'
import { type MarkersTable, type Named, type Outcome, overloaded } from './table.ts'

/** Most keys of a BatchGetItem (DynamoDB's API reference). */
const MAX_KEYS = 100

/** Reads the markers of duplicates that DynamoDB named without showing them, as it may. */
export async function readStanding(
  table: MarkersTable,
  unread: readonly Named[],
  timeLeft: TimeLeft,
  outcomes: Map<string, Outcome>,
): Promise<void> {
  for (const { id } of unread) outcomes.set(id, { kind: 'gone' })
  let open = unread.map(({ id }) => id)
  for (let failures = 0; open.length > 0; failures += 1) {
    if (failures > 0 && !(await pauseBefore(failures - 1, timeLeft))) throw overloaded(table, open.length)
    const unprocessed: string[] = []
    await inParallel(chunked(open, MAX_KEYS), table.concurrency, async chunk => {
      const { items, left } = await sendRead(table, chunk, timeLeft)
      for (const item of items)
        outcomes.set(item['pk']?.S ?? '', { kind: 'stands', marker: readMarker(item) })
      unprocessed.push(...left)
    })
    open = unprocessed
  }
}

async function sendRead({ client, table }: MarkersTable, ids: readonly string[], timeLeft: TimeLeft) {
  const command = new BatchGetItemCommand({
    RequestItems: { [table]: { ConsistentRead: true, Keys: ids.map(id => ({ pk: { S: id } })) } },
  })
  const what = `read markers of table ${table}`
  const { Responses, UnprocessedKeys } = await retrying(
    abortSignal => client.send(command, { abortSignal }),
    {
      what,
      timeLeft,
    },
  )
  return {
    items: Responses?.[table] ?? [],
    left: (UnprocessedKeys?.[table]?.Keys ?? []).map(key => key['pk']?.S ?? ''),
  }
}
