import { hash } from 'node:crypto'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Claim, Verdict } from '../../../core/ports/markers.ts'

/** A claim as a marker remembers it. `at`: `sequence#index`. */
type Held = Pick<Claim, 'epoch' | 'receipt'> & { readonly at: string }

/**
 * The claim that stands under an id, and earlier ones of the id that held no longer when it was made, newest
 * first.
 */
export type Marker = Held & { readonly earlier: readonly Held[] }

/**
 * Most earlier claims of a marker. An id is sent again after its horizon hardly ever, and an earlier claim is
 * only asked for where the stream delivers its record again: so many are more than a stream's retention
 * holds.
 */
const MAX_EARLIER = 8

/** The marker that a claim makes, in the place of one that holds no longer or of none. */
export function markerOf({ epoch, sequence, index, receipt }: Claim, old?: Marker): Marker {
  const held = { epoch, receipt, at: `${sequence}#${index}` }
  if (old === undefined) return { ...held, earlier: [] }
  const { earlier, ...last } = old
  return { ...held, earlier: [last, ...earlier].slice(0, MAX_EARLIER) }
}

/**
 * A claim against the marker that stands; undefined where nothing of it holds any more. `reach`: the horizon,
 * ms.
 */
export function judge(marker: Marker, claim: Claim, reach: number): Verdict | undefined {
  const holding = [marker, ...marker.earlier].filter(each => claim.epoch - each.epoch <= reach)
  if (holding.length === 0) return undefined
  const at = `${claim.sequence}#${claim.index}`
  if (holding.some(each => each.at === at)) return 'redelivery'
  return holding.some(each => each.receipt === claim.receipt) ? 'repeat' : 'duplicate'
}

/**
 * Characters of a digest in base64url: 132 bits, so among n ids two share one with probability about n² /
 * 2^133.
 */
const ID_LENGTH = 22

/**
 * The key under which a marker is stored: a digest, so that items stay small however long ids are. SHA-256,
 * because with a weaker hash a sender could make two ids that count as one.
 */
export function markerId(key: string): string {
  return hash('sha256', key, 'base64url').slice(0, ID_LENGTH)
}

/**
 * The key of the marker that the first position of a duplicate's receipt claims. No id has a key of this
 * form.
 */
export function receiptKey(receipt: string): string {
  return `\u0000receipt\u0000${receipt}`
}

/** Attributes of a marker that is new. */
export const MARKER_ATTRIBUTES = ['pk', 'epoch', 'at', 'receipt', 'expires'] as const

/** Their values, in that order. `expires`: seconds since 1970. */
export function markerValues(id: string, { epoch, at, receipt }: Marker, expires: number): AttributeValue[] {
  return [{ S: id }, { N: String(epoch) }, { S: at }, { S: receipt }, { N: String(expires) }]
}

/** A marker as an item. */
export function markerItem(id: string, marker: Marker, expires: number): Record<string, AttributeValue> {
  const values = markerValues(id, marker, expires)
  const item = Object.fromEntries(MARKER_ATTRIBUTES.map((name, i) => [name, values[i]!]))
  return { ...item, earlier: { S: JSON.stringify(marker.earlier) } }
}

/** Reads an item. */
export function readMarker(item: Readonly<Record<string, AttributeValue>>): Marker {
  const held = { epoch: Number(item['epoch']?.N), at: item['at']?.S ?? '', receipt: item['receipt']?.S ?? '' }
  return { ...held, earlier: JSON.parse(item['earlier']?.S ?? '[]') as readonly Held[] }
}
