import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { BETWEEN, type CellKind, packCells, unpackCells } from '../../../core/cells/cells.ts'
import { type Position, padSequence } from '../../../core/data/position.ts'
import { TributaryError } from '../../../core/errors.ts'
import type { Item } from '../../../core/ports/views.ts'
import type { Attributes, Key } from '../../aws/dynamodb/table.ts'
import { packedSize, packText, sizeOf, unpackText } from '../../aws/dynamodb/text.ts'

/**
 * A physical item: a line for each group of one metric, epoch, lane and window that is in it. Once frozen it
 * takes no new group for ever; those go to the next level.
 */
export type Bucket = {
  /** Another text with every write; undefined: nothing is stored. */
  readonly version: string | undefined
  readonly frozen: boolean
  /** `<sequence>⇥<index>⇥<cells, each after a tab>⇥<group>`, by group. */
  readonly lines: ReadonlyMap<string, string>
}

export const EMPTY: Bucket = { version: undefined, frozen: false, lines: new Map() }

const FROZEN = 'full'
const OPEN = 'open'

/**
 * The line of an item: position, cells, group. Canonical group texts have no control characters (JSON escapes
 * them).
 */
export function lineOf(kinds: readonly CellKind[], { group, position, cells }: Item): string {
  if (/[\t\n]/.test(group)) throw new TributaryError('internal', 'a group is not in canonical text')
  const index = position.index.toString(36)
  return [packSequence(position.sequence), index, packCells(kinds, cells), group].join(BETWEEN)
}

export function positionOf(line: string): Position {
  const [sequence = '', index = ''] = line.split(BETWEEN, 2)
  return { sequence: unpackSequence(sequence), index: Number.parseInt(index, 36) }
}

export function cellsOf(kinds: readonly CellKind[], line: string): Item['cells'] {
  const afterSequence = line.indexOf(BETWEEN) + 1
  return unpackCells(kinds, line.slice(line.indexOf(BETWEEN, afterSequence) + 1, line.lastIndexOf(BETWEEN)))
}

/** The contents of a bucket as its one attribute. */
export function packBucket(contents: Omit<Bucket, 'version'>): AttributeValue {
  return packText(textOf(contents))
}

function textOf({ frozen, lines }: Omit<Bucket, 'version'>): string {
  return [frozen ? FROZEN : OPEN, ...lines.values()].join('\n')
}

/**
 * Bytes that a bucket with these lines comes to, deflated even where it is stored plain: what tells how many
 * more it can hold.
 */
export function denseSize(key: Key, lines: Bucket['lines']): number {
  return overhead(key) + packedSize(textOf({ frozen: true, lines }))
}

export function readBucket(item: Attributes | undefined): Bucket {
  if (item === undefined) return EMPTY
  const [state, ...texts] = unpackText(item['e']).split('\n')
  const lines = new Map(texts.map(line => [line.slice(line.lastIndexOf(BETWEEN) + 1), line]))
  return { version: item['v']!.S!, frozen: state === FROZEN, lines }
}

/** Bytes that DynamoDB counts: names and values of pk, sk, e, v (10) and expires (6 as a number). */
export function storedSize(key: Key, contents: AttributeValue): number {
  return overhead(key) + sizeOf(contents)
}

function overhead({ pk, sk }: Key): number {
  return 2 + pk.length + 2 + sk.length + 1 + 1 + VERSION_SIZE + 7 + 6
}

export const VERSION_SIZE = 10

/** Up to 56 decimal digits (core/data/position.ts) in 31 characters. */
function packSequence(sequence: string): string {
  const hex = BigInt(sequence).toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}

function unpackSequence(text: string): string {
  return padSequence(String(BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)))
}
