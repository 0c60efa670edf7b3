import { DynamodbError, invalid } from './errors.ts'
import { compareValues, type Item, itemSize, typeOf, type Value } from './values.ts'

/** What a table was made as: names and types of its keys. */
export type Definition = {
  readonly name: string
  readonly hash: string
  readonly range: string | undefined
  readonly types: Readonly<Record<string, 'S' | 'N' | 'B'>>
}

/** An item's place: what it is now, and what reads that are not consistent still see until some time. */
type Entry = {
  readonly sort: Value | undefined
  item: Item | undefined
  before: Item | undefined
  until: number
}

export type Table = {
  readonly definition: Definition
  /** By partition key, in the order of the sort keys. */
  readonly partitions: Map<string, Entry[]>
  /** The attribute that is the time to live. */
  expires: string | undefined
}

/** Bytes ("Constraints", DynamoDB developer guide). */
const MOST_BYTES = { item: 400 * 1024, hash: 2048, range: 1024 } as const

/** What a key is in a table: its partition and its place there. */
export type Place = { readonly partition: string; readonly sort: Value | undefined; readonly text: string }

/** The place of a key, which may be part of a whole item. */
export function placeOf({ hash, range, types }: Definition, item: Item): Place {
  const part = (name: string, most: number): Value => {
    const value = item[name]
    if (value === undefined)
      throw invalid(`One or more parameter values were invalid: Missing the key ${name} in the item`)
    if (typeOf(value) !== types[name])
      throw invalid(
        `One or more parameter values were invalid: Type mismatch for key ${name} expected: ${types[name]} actual: ${typeOf(value)}`,
      )
    const size = itemSize({ '': value })
    if (size === 0 || size > most)
      throw invalid(
        `One or more parameter values were invalid: the key ${name} has ${size} bytes, not 1 to ${most}`,
      )
    return value
  }
  const pk = JSON.stringify(part(hash, MOST_BYTES.hash))
  const sort = range === undefined ? undefined : part(range, MOST_BYTES.range)
  return { partition: pk, sort, text: `${pk}${sort === undefined ? '' : JSON.stringify(sort)}` }
}

/** The place of what has to be a key and no more. */
export function placeOfKey(definition: Definition, key: Item): Place {
  const names = [definition.hash, definition.range].filter(name => name !== undefined)
  if (Object.keys(key).length !== names.length || names.some(name => key[name] === undefined))
    throw invalid('The provided key element does not match the schema')
  return placeOf(definition, key)
}

export function requireFits(item: Item): void {
  if (itemSize(item) > MOST_BYTES.item) throw invalid('Item size has exceeded the maximum allowed size')
}

/** Where the place is among the entries, or would be. */
function indexOf(entries: readonly Entry[], sort: Value | undefined): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sort !== undefined && compareValues(entries[middle]!.sort!, sort)! < 0) low = middle + 1
    else high = middle
  }
  return low
}

function isAt(entry: Entry | undefined, sort: Value | undefined): entry is Entry {
  return entry !== undefined && (sort === undefined || compareValues(entry.sort!, sort) === 0)
}

/** What a read sees of an entry. */
function seen(entry: Entry, consistent: boolean, now: number): Item | undefined {
  return consistent || entry.until <= now ? entry.item : entry.before
}

/** Tables in memory. `staleMs`: how long a read that is not consistent does not see a write. */
export function createStore({ now, staleMs }: { readonly now: () => number; readonly staleMs: number }) {
  const tables = new Map<string, Table>()
  const read = (table: Table, place: Place, consistent = true): Item | undefined => {
    const entries = table.partitions.get(place.partition) ?? []
    const entry = entries[indexOf(entries, place.sort)]
    return isAt(entry, place.sort) ? seen(entry, consistent, now()) : undefined
  }
  return {
    tables,
    /** Tokens of transactions that were done, and until when they are known. */
    tokens: new Map<string, number>(),
    table(name: unknown): Table {
      const table = tables.get(String(name).replace(/^arn:.*:table\//, ''))
      if (table === undefined)
        throw new DynamodbError('ResourceNotFoundException', 'Requested resource not found')
      return table
    },
    read,
    write(table: Table, place: Place, item: Item | undefined): void {
      const entries = table.partitions.get(place.partition) ?? []
      table.partitions.set(place.partition, entries)
      const index = indexOf(entries, place.sort)
      const entry = entries[index]
      if (isAt(entry, place.sort)) {
        entry.before = seen(entry, false, now())
        entry.item = item
        entry.until = now() + staleMs
      } else entries.splice(index, 0, { sort: place.sort, item, before: undefined, until: now() + staleMs })
    },
    /** The items of a partition in order; what was deleted for good goes on the way. */
    partition(table: Table, partition: string, consistent: boolean): readonly Item[] {
      const entries = table.partitions.get(partition) ?? []
      const time = now()
      const isGone = ({ item, until }: Entry) => item === undefined && until <= time
      if (entries.some(isGone)) {
        const kept = entries.filter(entry => !isGone(entry))
        if (kept.length === 0) table.partitions.delete(partition)
        else table.partitions.set(partition, kept)
      }
      return entries.map(entry => seen(entry, consistent, time)).filter(item => item !== undefined)
    },
  }
}

export type Store = ReturnType<typeof createStore>
