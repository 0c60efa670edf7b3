import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { retrying, type TimeLeft } from '../../aws/retry.ts'
import { type Marker, markerItem, readMarker } from './marker.ts'
import type { MarkersTable, Named, Outcome } from './table.ts'

/** Puts a marker in the place of one that holds no longer, unless it has changed meanwhile. */
export async function replaceMarker(
  { client, table, expires }: MarkersTable,
  { id, marker }: Named,
  old: Marker,
  timeLeft: TimeLeft,
): Promise<Outcome> {
  const command = new PutItemCommand({
    TableName: table,
    Item: markerItem(id, marker, expires(marker.epoch)),
    ConditionExpression: 'attribute_not_exists(pk) OR (#epoch = :epoch AND #at = :at)',
    ExpressionAttributeNames: { '#epoch': 'epoch', '#at': 'at' },
    ExpressionAttributeValues: { ':epoch': { N: String(old.epoch) }, ':at': { S: old.at } },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
  const put = async (abortSignal: AbortSignal): Promise<Outcome> => {
    try {
      await client.send(command, { abortSignal })
      return { kind: 'made' }
    } catch (error) {
      if (!(error instanceof Error && error.name === 'ConditionalCheckFailedException')) throw error
      const { Item } = error as { Item?: Parameters<typeof readMarker>[0] }
      return Item === undefined ? { kind: 'gone' } : { kind: 'stands', marker: readMarker(Item) }
    }
  }
  return retrying(put, { what: `replace a marker of table ${table}`, timeLeft })
}
