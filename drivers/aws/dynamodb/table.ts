import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { QueryCommand } from '@aws-sdk/client-dynamodb'
import { TributaryError } from '../../../core/errors.ts'
import { retrying, type TimeLeft } from '../retry.ts'

/** A table, and how long the work on it may still take. */
export type Access = { readonly client: DynamoDBClient; readonly table: string; readonly timeLeft: TimeLeft }

/** The key of a physical item. */
export type Key = { readonly pk: string; readonly sk: string }
export type Attributes = Record<string, AttributeValue>

/** Requests in flight at the same time. */
export const WIDTH = 8

/** A key as one text. Neither part has a control character. */
export function keyText({ pk, sk }: Key): string {
  return `${pk}\n${sk}`
}

export function keyOf(item: Attributes): Key {
  return { pk: item['pk']!.S!, sk: item['sk']!.S! }
}

export function keyAttributes({ pk, sk }: Key): Attributes {
  return { pk: { S: pk }, sk: { S: sk } }
}

export function outOfTime({ table }: Access, what: string): TributaryError {
  return new TributaryError('overloaded', `table ${table} did not ${what} in time`)
}

/** Items of one partition key whose sort keys lie in [from, to], in their order; only keys where that is enough. */
export type Range = {
  readonly pk: string
  readonly from: string
  readonly to: string
  readonly keysOnly?: boolean
}

/** A page (1 MB, the limit of a Query) at a time, in consistent reads. */
export async function* queryItems(access: Access, range: Range): AsyncGenerator<readonly Attributes[]> {
  if (range.from > range.to) return
  let after: Attributes | undefined
  do {
    const command = queryCommand(access.table, range, after)
    const { Items, LastEvaluatedKey } = await retrying(
      abortSignal => access.client.send(command, { abortSignal }),
      { what: `query table ${access.table}`, timeLeft: access.timeLeft },
    )
    yield Items ?? []
    after = LastEvaluatedKey
  } while (after !== undefined)
}

function queryCommand(table: string, range: Range, after: Attributes | undefined): QueryCommand {
  return new QueryCommand({
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':pk': { S: range.pk },
      ':from': { S: range.from },
      ':to': { S: range.to },
    },
    ...(range.keysOnly && { ProjectionExpression: 'pk, sk' }),
    ...(after && { ExclusiveStartKey: after }),
  })
}
