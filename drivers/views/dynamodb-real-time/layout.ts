import { hash } from 'node:crypto'
import { CELLS } from '../../../core/cells/table.ts'
import { parsePathInstant, pathInstant } from '../../../core/data/time.ts'
import type { MetricShape } from '../../../core/declare/metric-kinds.ts'
import type { Key } from '../../aws/dynamodb/table.ts'

/**
 * How the items of a metric and epoch are laid out. Fixed by whoever writes to the epoch first, and kept in
 * its directory entry: a new setting takes effect with the next epoch.
 */
export type Layout = {
  /**
   * Bytes to which groups of one window and lane share a physical item. More than a write unit costs sparse
   * batches more.
   */
  readonly packTo: number
  /** Most groups that share one; 1: each has its own. */
  readonly groups: number
  /**
   * Partition keys over which an epoch of a metric is spread: each takes 1,000 write units a second
   * (developer guide).
   */
  readonly spread: number
}

const SCALARS: Layout = { packTo: 1024, groups: 1000, spread: 8 }

/** Kilobytes for cells that grow, in an item of 400 KB. */
const ROOM = 380
const MINUTE = 60_000

/**
 * Scalars fill write units. Groups with cells that grow, as sketches do, go on growing after they were
 * packed, and each write carries all of an item: only those of minutes, which stay small, share one, and
 * never more than fit at their largest.
 */
export function defaultLayout({ kinds, windowLength }: MetricShape): Layout {
  const largest = kinds.reduce((total, kind) => total + CELLS[kind].largest, 0)
  if (largest === 0) return SCALARS
  const groups = windowLength > MINUTE ? 1 : Math.max(1, Math.min(4, Math.floor(ROOM / largest)))
  return { ...SCALARS, groups }
}

/** The first and last second of the years that an event time can have (RFC 3339: four digits). */
const FIRST = Date.parse('0000-01-01T00:00:00Z')
const LAST = Date.parse('9999-12-31T23:59:59Z')

/**
 * An instant as text that sorts as the instants do, to the second; those out of reach as the nearest within.
 */
export function instantText(ms: number): string {
  return pathInstant(Math.min(Math.max(Math.ceil(ms / 1000) * 1000, FIRST), LAST))
}

export function parseInstant(text: string): number {
  return parsePathInstant(text)
}

export function directoryPk(metric: string): string {
  return `${metric}|epochs`
}

/**
 * One of the partition keys of an epoch. By lane, not by group: the lanes of one busy group are spread too.
 */
export function spreadPk(metric: string, epoch: number, spread: number): string {
  return `${metric}|${instantText(epoch)}|${spread}`
}

/**
 * The way of a group through its window's items: with `groups` 1 an item of its own, else one item a level.
 * The item of level n is named by the first n bits of the group's hash.
 */
export function pathOf(group: string, { groups }: Layout): { at(level: number): string } {
  const digest = hash('sha256', group, 'buffer')
  if (groups === 1) {
    const own = `#${digest.toString('base64url', 0, 16)}`
    return { at: () => own }
  }
  const bits = digest.readUInt32BE(0).toString(2).padStart(32, '0')
  return { at: level => bits.slice(0, level) }
}

/** Levels that a way has: with two billion items behind it, nothing is frozen any more. */
export const MAX_LEVEL = 31

export type Place = { readonly window: number; readonly lane: number }

export function bucketKey(pk: string, { window, lane }: Place, path: string): Key {
  return { pk, sk: `${instantText(window)}|${path}|${lane}` }
}

/** Window and lane of the item under a sort key. */
export function placeOf(sk: string): Place {
  const [window = '', , lane = ''] = sk.split('|')
  return { window: parseInstant(window), lane: Number(lane) }
}
