import type { Field } from '../data/fields.ts'
import { compileGroup } from '../data/group.ts'

/** So many partitions, numbered from `first` on. */
export type Partitions = { readonly first: number; readonly count: number }

/**
 * Compiles the hash of an event's partition fields: FNV-1a over their canonical text, with a final mix
 * (MurmurHash3's) because FNV's low bits alone spread small integers poorly. 32 bits.
 */
export function compilePartitionHash(fields: readonly Field[]): (data: Record<string, unknown>) => number {
  const keyOf = compileGroup(fields)
  return data => hashText(keyOf(data))
}

/** The partition of an event: which one is only known when it is stamped, as their number may change. */
export function partitionOf(hash: number, { first, count }: Partitions): number {
  return first + (hash % count)
}

function hashText(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return h >>> 0
}

/** The lane that reads a partition, of so many lanes; undefined: each partition is one. */
export function laneOf(partition: number, lanes: number | undefined): number {
  return lanes === undefined ? partition : partition % lanes
}
