import type { Field } from '../data/fields.ts'
import { compileGroup } from '../data/group.ts'

/**
 * Compiles the partition of an event: FNV-1a over the canonical text of its partition fields, with a final
 * mix (MurmurHash3's) because FNV's low bits alone spread small integers poorly; then modulo N.
 */
export function compilePartition(
  fields: readonly Field[],
  count: number,
): (data: Record<string, unknown>) => number {
  const keyOf = compileGroup(fields)
  return data => hashText(keyOf(data)) % count
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
