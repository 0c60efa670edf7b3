import { pathInstant } from '../../../../core/data/time.ts'
import type { DynamodbDouble } from '../../../engines/dynamodb/engine.ts'
import { placeOf } from '../../../engines/dynamodb/store.ts'
import type { Item } from '../../../engines/dynamodb/values.ts'
import type { MemoryS3 } from '../../../engines/memory-s3.ts'
import { EPOCH } from '../batch-kit.ts'

/** Epochs that the ledger still has: it forgets after 35 days, and DynamoDB takes a few more to delete. */
const LEDGER_EPOCHS = 40 * 24

/**
 * Copies all that there is of an epoch to as many epochs before it: in the lake, in the views and the ledger.
 */
export function addHistory(
  s3: MemoryS3,
  double: DynamodbDouble,
  tables: Tables,
  epoch: number,
  epochs: number,
): void {
  const own = pathInstant(epoch)
  const ofEpoch = s3
    .keys()
    .filter(key => /^(raw|curated|partials|manifests)\//.test(key) && key.includes(own))
  const ofViews = itemsOf(double, tables.batch, own)
  const ofLedger = itemsOf(double, tables.control, own)
  for (let i = 1; i <= epochs; i++) {
    const older = pathInstant(epoch - i * EPOCH)
    copyObjects(s3, ofEpoch, own, older)
    copyItems(double, tables.batch, ofViews, own, older)
    if (i <= LEDGER_EPOCHS) copyItems(double, tables.control, ofLedger, own, older)
  }
}

export type Tables = { readonly batch: string; readonly control: string }

function copyObjects(s3: MemoryS3, keys: readonly string[], own: string, older: string): void {
  const copies = keys.map(key => {
    const body = s3.get(key)!
    const isManifest = key.startsWith('manifests/')
    return [
      key.replaceAll(own, older),
      isManifest ? Buffer.from(body.toString().replaceAll(own, older)) : body,
    ] as const
  })
  s3.add(new Map(copies))
}

/** Items that name an epoch in their keys. */
function itemsOf({ store }: DynamodbDouble, name: string, own: string): readonly Item[] {
  const table = store.table(name)
  const all = [...table.partitions.keys()].flatMap(partition => store.partition(table, partition, true))
  return all.filter(item => JSON.stringify([item['pk'], item['sk']]).includes(own))
}

/** The same items of another epoch. */
function copyItems(
  { store }: DynamodbDouble,
  name: string,
  items: readonly Item[],
  own: string,
  older: string,
): void {
  const table = store.table(name)
  for (const item of items) {
    const copy = JSON.parse(JSON.stringify(item).replaceAll(own, older)) as Item
    store.write(table, placeOf(table.definition, copy), copy)
  }
}
