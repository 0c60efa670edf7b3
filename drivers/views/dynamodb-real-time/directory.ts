import { deleteItem, getItem, putIf } from '../../aws/dynamodb/items.ts'
import { queryAll } from '../../aws/dynamodb/query.ts'
import { type Access, type Attributes, type Key, keyAttributes } from '../../aws/dynamodb/table.ts'
import { directoryPk, instantText, type Layout, parseInstant } from './layout.ts'

/** An epoch of a metric that has real-time items, and how they are laid out. */
export type ListedEpoch = { readonly epoch: number; readonly layout: Layout }

/** After every instant. */
const END = '~'

/** The epochs of a metric in [from, to], in their order; undefined: open. */
export async function listEpochs(
  access: Access,
  metric: string,
  from: number | undefined,
  to: number | undefined,
): Promise<readonly ListedEpoch[]> {
  const range = {
    pk: directoryPk(metric),
    from: from === undefined ? '0' : instantText(from),
    to: to === undefined ? END : instantText(to),
  }
  return (await queryAll(access, range)).map(entryOf)
}

export async function findEpoch(
  access: Access,
  metric: string,
  epoch: number,
): Promise<ListedEpoch | undefined> {
  const item = await getItem(access, keyOf(metric, epoch), 'read the epochs in')
  return item && entryOf(item)
}

/** Enters an epoch, unless it is there; answers the layout that holds. */
export async function enterEpoch(
  access: Access,
  metric: string,
  entry: ListedEpoch,
  expires: number,
): Promise<Layout> {
  const { packTo, groups, spread } = entry.layout
  const item = {
    ...keyAttributes(keyOf(metric, entry.epoch)),
    ...{ packTo: { N: String(packTo) }, groups: { N: String(groups) }, spread: { N: String(spread) } },
    expires: { N: String(expires) },
  }
  const outcome = await putIf(access, item, { text: 'attribute_not_exists(pk)' }, 'enter an epoch in')
  return outcome.held ? entry.layout : entryOf(outcome.item!).layout
}

export function removeEpoch(access: Access, metric: string, epoch: number): Promise<void> {
  return deleteItem(access, keyOf(metric, epoch), 'remove an epoch from')
}

function keyOf(metric: string, epoch: number): Key {
  return { pk: directoryPk(metric), sk: instantText(epoch) }
}

function entryOf(item: Attributes): ListedEpoch {
  const number = (name: string) => Number(item[name]!.N)
  const layout = { packTo: number('packTo'), groups: number('groups'), spread: number('spread') }
  return { epoch: parseInstant(item['sk']!.S!), layout }
}
