import { hash } from 'node:crypto'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { type CellKind, type CellValues, packCells, unpackCells } from '../../../core/cells/cells.ts'
import type { PartialKey } from '../../../core/ports/views.ts'
import { type Attributes, type Key, keyAttributes } from '../../aws/dynamodb/table.ts'
import { packText, unpackText } from '../../aws/dynamodb/text.ts'
import { instantText, parseInstant } from '../dynamodb-real-time/layout.ts'

/**
 * Partition keys over which a metric's partials are spread by group: a run can write 8,000 units a second. It
 * is part of every key, so it stays as it is for ever.
 */
const SPREAD = 8

/** One version of a partial. `cells` NULL: the partial does not exist as of that generation. */
type Version = { readonly generation: number; readonly cells: AttributeValue }

export function partialPk(metric: string, group: string): string {
  return `${metric}|${hash('sha256', group, 'buffer')[0]! % SPREAD}`
}

export function partialPks(metric: string): readonly string[] {
  return Array.from({ length: SPREAD }, (_, spread) => `${metric}|${spread}`)
}

export function partialKey(metric: string, { window, group }: PartialKey): Key {
  const name = hash('sha256', group, 'buffer').toString('base64url', 0, 16)
  return { pk: partialPk(metric, group), sk: `${instantText(window)}|${name}` }
}

/** The item with a new version on top of the one that readers of `committed` see. */
export function withVersion(
  key: Key,
  group: string,
  version: Version,
  before: Attributes | undefined,
  committed: number,
): Attributes {
  const seen = visibleVersion(before, committed)
  return {
    ...keyAttributes(key),
    ...{ group: { S: group }, g1: { N: String(version.generation) }, c1: version.cells },
    ...(seen && { g0: { N: String(seen.generation) }, c0: seen.cells }),
  }
}

export function packVersion(kinds: readonly CellKind[], cells: CellValues | undefined): AttributeValue {
  return cells === undefined ? { NULL: true } : packText(packCells(kinds, cells))
}

/** The cells that readers of `committed` see. */
export function visibleCells(
  kinds: readonly CellKind[],
  item: Attributes | undefined,
  committed: number,
): CellValues | undefined {
  const version = visibleVersion(item, committed)
  if (version === undefined || version.cells.NULL) return undefined
  return unpackCells(kinds, unpackText(version.cells))
}

/** The window and the group of a partial's item. */
export function placeIn(item: Attributes): PartialKey {
  return { window: parseInstant(item['sk']!.S!.slice(0, 16)), group: item['group']!.S! }
}

function visibleVersion(item: Attributes | undefined, committed: number): Version | undefined {
  return versionsOf(item).find(({ generation }) => generation <= committed)
}

/** Newest first. */
function versionsOf(item: Attributes | undefined): readonly Version[] {
  if (item === undefined) return []
  const pairs = [
    { generation: item['g1'], cells: item['c1'] },
    { generation: item['g0'], cells: item['c0'] },
  ]
  return pairs.flatMap(({ generation, cells }) =>
    generation?.N === undefined || cells === undefined ? [] : [{ generation: Number(generation.N), cells }],
  )
}
