import { QueryCommand } from '@aws-sdk/client-dynamodb'
import { type Access, type Attributes, calling } from './table.ts'

/** Items of one partition key in the order of their sort keys: all, or those of one of four ranges. */
export type Range = {
  readonly pk: string
  /** Those in [from, to]: both are given. */
  readonly from?: string
  readonly to?: string
  /** Those after this one. */
  readonly after?: string | undefined
  /** Those before this one. */
  readonly before?: string | undefined
  /** Those that begin so. */
  readonly prefix?: string
  /** The last first. */
  readonly descending?: boolean
  /** Most items. Default: all there are. */
  readonly limit?: number
  /** Only keys, where that is enough. */
  readonly keysOnly?: boolean
}

/**
 * A page (1 MB, the limit of a Query) at a time, in consistent reads.
 *
 * @param what the words before the table's name in errors
 */
export async function* queryItems(
  access: Access,
  range: Range,
  what = 'query',
): AsyncGenerator<readonly Attributes[]> {
  if (range.from !== undefined && range.from > range.to!) return
  let left = range.limit ?? Number.POSITIVE_INFINITY
  let after: Attributes | undefined
  do {
    const command = queryCommand(access.table, range, left, after)
    const page = await calling(access, what, abortSignal => access.client.send(command, { abortSignal }))
    left -= page.Items?.length ?? 0
    after = page.LastEvaluatedKey
    yield page.Items ?? []
  } while (after !== undefined && left > 0)
}

/** The items of a range that memory holds. */
export async function queryAll(access: Access, range: Range, what?: string): Promise<readonly Attributes[]> {
  const found: Attributes[] = []
  for await (const page of queryItems(access, range, what)) found.push(...page)
  return found
}

function queryCommand(
  table: string,
  range: Range,
  left: number,
  after: Attributes | undefined,
): QueryCommand {
  const { condition, values } = sortKeys(range)
  return new QueryCommand({
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: `pk = :pk${condition}`,
    ExpressionAttributeValues: { ':pk': { S: range.pk }, ...values },
    ...(range.descending && { ScanIndexForward: false }),
    ...(left !== Number.POSITIVE_INFINITY && { Limit: left }),
    ...(range.keysOnly && { ProjectionExpression: 'pk, sk' }),
    ...(after && { ExclusiveStartKey: after }),
  })
}

function sortKeys({ from, to, after, before, prefix }: Range): { condition: string; values: Attributes } {
  if (from !== undefined)
    return { condition: ' AND sk BETWEEN :from AND :to', values: { ':from': { S: from }, ':to': { S: to! } } }
  if (after !== undefined) return { condition: ' AND sk > :after', values: { ':after': { S: after } } }
  if (before !== undefined) return { condition: ' AND sk < :before', values: { ':before': { S: before } } }
  if (prefix !== undefined)
    return { condition: ' AND begins_with(sk, :prefix)', values: { ':prefix': { S: prefix } } }
  return { condition: '', values: {} }
}
