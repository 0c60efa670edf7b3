import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { itemsAt } from '../../aws/dynamodb/batches.ts'
import { putIf, type WriteOutcome } from '../../aws/dynamodb/items.ts'
import { runStatements } from '../../aws/dynamodb/statements.ts'
import type { Access, Attributes } from '../../aws/dynamodb/table.ts'
import { MARKER_ATTRIBUTES, type Marker, markerItem, markerValues, readMarker } from './marker.ts'

/** The table of markers, and how long the call in hand may still take. */
export type MarkersTable = Access & {
  /** When a marker of an epoch may be deleted, seconds since 1970. */
  readonly expires: (epoch: number) => number
}

/** A marker under its key. */
export type Named = { readonly id: string; readonly marker: Marker }

/**
 * `made`: it is stored now. `stands`: another (or the same, stored before) is there. `gone`: that one
 * vanished meanwhile.
 */
export type Outcome =
  | { readonly kind: 'made' }
  | { readonly kind: 'stands'; readonly marker: Marker }
  | { readonly kind: 'gone' }

/**
 * Stores markers that are not there yet, each on its own; positional. One write unit a marker, in 25 a
 * request, which takes a tenth of the processor time of single puts. Keys must differ.
 */
export async function insertMarkers(
  access: MarkersTable,
  markers: readonly Named[],
): Promise<readonly Outcome[]> {
  const Statement = `INSERT INTO "${access.table}" VALUE {${MARKER_ATTRIBUTES.map(name => `'${name}': ?`).join(', ')}}`
  const written = await runStatements(
    access,
    markers.map(({ id, marker }) => ({
      Statement,
      Parameters: markerValues(id, marker, access.expires(marker.epoch)),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })),
  )
  const standing = await standingOf(access, markers, written)
  return markers.map(({ id }, i) => outcomeOf(written[i]!, standing.get(id)))
}

/** Puts a marker in the place of one that holds no longer, unless it has changed meanwhile. */
export async function replaceMarker(
  access: MarkersTable,
  { id, marker }: Named,
  old: Marker,
): Promise<Outcome> {
  const condition = {
    text: 'attribute_not_exists(pk) OR (#epoch = :epoch AND #at = :at)',
    names: { '#epoch': 'epoch', '#at': 'at' },
    values: { ':epoch': { N: String(old.epoch) }, ':at': { S: old.at } },
  }
  const item = markerItem(id, marker, access.expires(marker.epoch))
  return outcomeOf(await putIf(access, item, condition, 'replace a marker of'))
}

/** Reads the markers of duplicates that DynamoDB named without showing them, as it may. */
async function standingOf(
  access: MarkersTable,
  markers: readonly Named[],
  written: readonly WriteOutcome[],
): Promise<ReadonlyMap<string, Attributes>> {
  const unread = markers.filter((_, i) => isUnread(written[i]!))
  const keys = unread.map(({ id }): Record<string, AttributeValue> => ({ pk: { S: id } }))
  const items = await itemsAt(access, keys, 'read markers of')
  return new Map(items.map(item => [item['pk']!.S!, item]))
}

function isUnread(outcome: WriteOutcome): boolean {
  return !outcome.held && outcome.item === undefined
}

function outcomeOf(written: WriteOutcome, read?: Attributes): Outcome {
  if (written.held) return { kind: 'made' }
  const item = written.item ?? read
  return item === undefined ? { kind: 'gone' } : { kind: 'stands', marker: readMarker(item) }
}
