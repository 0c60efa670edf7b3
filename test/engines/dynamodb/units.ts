import { type Item, itemSize } from './values.ts'

/** What requests take, as AWS bills it ("Read and write capacity mode", DynamoDB developer guide). */
export type Units = {
  readonly kind: 'read' | 'write'
  readonly table: string
  readonly units: number
}

const READ_STEP = 4096
const WRITE_STEP = 1024

/** Of the larger of what was there and what comes; of nothing, one. */
export function writeUnits(...items: readonly (Item | undefined)[]): number {
  const sizes = items.map(item => (item === undefined ? 0 : itemSize(item)))
  return Math.max(1, Math.ceil(Math.max(...sizes) / WRITE_STEP))
}

/** A read that is not consistent takes half. */
export function readUnits(bytes: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / READ_STEP)) * (consistent ? 1 : 0.5)
}

/** What the answer says of it; undefined: it was not asked for. */
export function consumedCapacity(used: readonly Units[], wanted: unknown): readonly object[] | undefined {
  if (wanted !== 'TOTAL' && wanted !== 'INDEXES') return undefined
  const sums = new Map<string, number>()
  for (const { table, units } of used) sums.set(table, (sums.get(table) ?? 0) + units)
  return [...sums].map(([TableName, CapacityUnits]) => ({ TableName, CapacityUnits }))
}
