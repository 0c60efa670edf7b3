import { randomBytes } from 'node:crypto'
import type { AttributeValue, BatchStatementRequest } from '@aws-sdk/client-dynamodb'
import type { Position } from '../../../core/data/position.ts'
import type { MetricShapes } from '../../../core/declare/metric-kinds.ts'
import { TributaryError } from '../../../core/errors.ts'
import type { ItemWrite } from '../../../core/ports/views.ts'
import type { Key } from '../../aws/dynamodb/table.ts'
import { type Bucket, denseSize, lineOf, packBucket, positionOf, storedSize, VERSION_SIZE } from './bucket.ts'
import type { Layout } from './layout.ts'
import type { Home } from './locate.ts'

/** A logical write with its place in the call and the layout of its epoch. */
export type Placed = { readonly place: number; readonly write: ItemWrite; readonly layout: Layout }

/** What becomes of the writes that belong to one bucket. */
export type Plan = {
  readonly home: Home
  /** What to store; undefined: nothing changes. */
  readonly next: { readonly bucket: Bucket; readonly contents: AttributeValue } | undefined
  /**
   * Places of the writes that `next` holds, of those whose condition does not hold, and of those that go a
   * level on.
   */
  readonly holds: readonly number[]
  readonly refused: readonly number[]
}

/**
 * The part of `packTo` that is filled with new groups: the digits of those in it grow, and deflate less and
 * less.
 */
const FILL = 0.92

/** What DynamoDB takes as an item (service quotas), less a kilobyte to be sure. */
const MAX_ITEM = 399 * 1024

export function planBucket(home: Home, writes: readonly Placed[], shapes: MetricShapes): Plan {
  const lines = new Map(home.bucket.lines)
  let { frozen } = home.bucket
  const holds: number[] = []
  const refused: number[] = []
  for (const { place, write, layout } of writes) {
    const { item, expected } = write
    const line = lines.get(item.group)
    if (!isAt(line, expected)) refused.push(place)
    else if (line !== undefined || !frozen || layout.groups === 1) {
      lines.set(item.group, lineOf(shapes(item.metric).kinds, item))
      holds.push(place)
      if (line === undefined) frozen = isFull(home.key, lines, layout)
    }
  }
  if (holds.length === 0) return { home, next: undefined, holds, refused }
  return { home, next: stored(home.key, { frozen, lines }, writes[0]!.write.item.metric), holds, refused }
}

function stored(key: Key, contents: Omit<Bucket, 'version'>, metric: string): Plan['next'] {
  const packed = packBucket(contents)
  if (storedSize(key, packed) > MAX_ITEM)
    throw new TributaryError(
      'too_large',
      `an item of ${metric} outgrows the 400 KB of a DynamoDB item; group by shorter texts, or measure fewer distinct values and quantiles in one metric`,
    )
  const version = randomBytes(8).toString('base64url').slice(0, VERSION_SIZE)
  return { bucket: { ...contents, version }, contents: packed }
}

function isAt(line: string | undefined, expected: Position | undefined): boolean {
  const position = line === undefined ? undefined : positionOf(line)
  return position?.sequence === expected?.sequence && position?.index === expected?.index
}

/** Whether one more group of the average size would be too much. */
function isFull(key: Key, lines: ReadonlyMap<string, string>, { packTo, groups }: Layout): boolean {
  if (lines.size >= groups) return true
  let characters = 0
  for (const line of lines.values()) characters += line.length
  // Far from full, without deflating: a character has three bytes at most.
  if (characters * 3 < packTo / 2) return false
  return denseSize(key, lines) * (1 + 1 / lines.size) > packTo * FILL
}

/** The physical write, on the condition that the bucket is still the one that was planned with. */
export function statementOf(
  table: string,
  { home, next }: Plan & { next: NonNullable<Plan['next']> },
  expires: number,
): BatchStatementRequest {
  const { key, bucket } = home
  const [pk, sk, before] = [{ S: key.pk }, { S: key.sk }, { S: bucket.version ?? '' }]
  const contents = [{ S: next.bucket.version! }, next.contents, { N: String(expires) }]
  if (bucket.version === undefined)
    return {
      Statement: `INSERT INTO "${table}" VALUE {'pk': ?, 'sk': ?, 'v': ?, 'e': ?, 'expires': ?}`,
      Parameters: [pk, sk, ...contents],
    }
  return {
    Statement: `UPDATE "${table}" SET v = ? SET e = ? SET expires = ? WHERE pk = ? AND sk = ? AND v = ?`,
    Parameters: [...contents, pk, sk, before],
  }
}
