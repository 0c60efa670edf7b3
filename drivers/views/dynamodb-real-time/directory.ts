import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { type Access, type Attributes, keyAttributes, queryItems } from '../../aws/dynamodb/table.ts'
import { retrying } from '../../aws/retry.ts'
import { directoryPk, instantText, type Layout, parseInstant } from './layout.ts'

/** An epoch of a metric that has real-time items, and how they are laid out. */
export type Entry = { readonly epoch: number; readonly layout: Layout }

/** After every instant. */
const END = '~'

/** The epochs of a metric in [from, to], in their order; undefined: open. */
export async function listEpochs(
  access: Access,
  metric: string,
  from: number | undefined,
  to: number | undefined,
): Promise<readonly Entry[]> {
  const range = {
    pk: directoryPk(metric),
    from: from === undefined ? '0' : instantText(from),
    to: to === undefined ? END : instantText(to),
  }
  const entries: Entry[] = []
  for await (const items of queryItems(access, range)) entries.push(...items.map(entryOf))
  return entries
}

export async function findEpoch(access: Access, metric: string, epoch: number): Promise<Entry | undefined> {
  const { client, table, timeLeft } = access
  const command = new GetItemCommand({ TableName: table, Key: keyOf(metric, epoch), ConsistentRead: true })
  const { Item } = await retrying(abortSignal => client.send(command, { abortSignal }), {
    what: `read the epochs in table ${table}`,
    timeLeft,
  })
  return Item && entryOf(Item)
}

/** Enters an epoch, unless it is there; answers the layout that holds. */
export async function enterEpoch(
  access: Access,
  metric: string,
  entry: Entry,
  expires: number,
): Promise<Layout> {
  const { client, table, timeLeft } = access
  const { packTo, groups, spread } = entry.layout
  const command = new PutItemCommand({
    TableName: table,
    Item: {
      ...keyOf(metric, entry.epoch),
      ...{ packTo: { N: String(packTo) }, groups: { N: String(groups) }, spread: { N: String(spread) } },
      expires: { N: String(expires) },
    },
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
  const what = `enter an epoch in table ${table}`
  return retrying(
    async abortSignal => {
      try {
        await client.send(command, { abortSignal })
        return entry.layout
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return entryOf(error.Item!).layout
        throw error
      }
    },
    { what, timeLeft },
  )
}

export async function removeEpoch(access: Access, metric: string, epoch: number): Promise<void> {
  const { client, table, timeLeft } = access
  const command = new DeleteItemCommand({ TableName: table, Key: keyOf(metric, epoch) })
  await retrying(abortSignal => client.send(command, { abortSignal }), {
    what: `remove an epoch from table ${table}`,
    timeLeft,
  })
}

function keyOf(metric: string, epoch: number): Attributes {
  return keyAttributes({ pk: directoryPk(metric), sk: instantText(epoch) })
}

function entryOf(item: Attributes): Entry {
  const number = (name: string) => Number(item[name]!.N)
  const layout = { packTo: number('packTo'), groups: number('groups'), spread: number('spread') }
  return { epoch: parseInstant(item['sk']!.S!), layout }
}
