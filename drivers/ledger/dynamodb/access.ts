import { type AttributeValue, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { retrying, type TimeLeft } from '../../aws/retry.ts'
import { DIRECTORY, directoryKey, itemOf, type LedgerTable } from './items.ts'

type Item = Readonly<Record<string, AttributeValue>>

/** Stores an item whole. Storing it again, also after a lost answer, changes nothing. */
export async function putItem({ client, table }: LedgerTable, item: Item, timeLeft: TimeLeft): Promise<void> {
  const command = new PutItemCommand({ TableName: table, Item: item })
  const what = `put an item of the ledger into table ${table}`
  await retrying(abortSignal => client.send(command, { abortSignal }), { what, timeLeft })
}

/** Stores an item unless one with a larger `events` is there. */
export async function putLarger(
  { client, table }: LedgerTable,
  item: Item & { readonly events: AttributeValue },
  timeLeft: TimeLeft,
): Promise<void> {
  const command = new PutItemCommand({
    TableName: table,
    Item: item,
    ConditionExpression: 'attribute_not_exists(pk) OR #events <= :events',
    ExpressionAttributeNames: { '#events': 'events' },
    ExpressionAttributeValues: { ':events': item.events },
  })
  const put = async (abortSignal: AbortSignal) => {
    try {
      await client.send(command, { abortSignal })
    } catch (error) {
      // A later total of the same container overtook this one, and includes it.
      if (!(error instanceof Error && error.name === 'ConditionalCheckFailedException')) throw error
    }
  }
  await retrying(put, { what: `put a total of the ledger into table ${table}`, timeLeft })
}

/** Enters an epoch into the directory. */
export function enlist(table: LedgerTable, epoch: number, timeLeft: TimeLeft): Promise<void> {
  return putItem(table, itemOf(table, epoch, DIRECTORY, directoryKey(epoch)), timeLeft)
}

/** All items of a key, as they are now. `after`: only sort keys after this one. */
export async function queryItems(
  { client, table }: LedgerTable,
  pk: string,
  timeLeft: TimeLeft,
  after?: string,
): Promise<readonly Item[]> {
  const items: Item[] = []
  let start: Item | undefined
  do {
    const command = new QueryCommand({
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: after === undefined ? 'pk = :pk' : 'pk = :pk AND sk > :after',
      ExpressionAttributeValues: {
        ':pk': { S: pk },
        ...(after !== undefined && { ':after': { S: after } }),
      },
      ...(start !== undefined && { ExclusiveStartKey: start }),
    })
    const what = `read the ledger in table ${table}`
    const page = await retrying(abortSignal => client.send(command, { abortSignal }), { what, timeLeft })
    items.push(...(page.Items ?? []))
    start = page.LastEvaluatedKey
  } while (start !== undefined)
  return items
}
