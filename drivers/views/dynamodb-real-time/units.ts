import { WRITE_UNIT } from '../../aws/dynamodb/text.ts'
import type { Layout } from './layout.ts'

/** What a batch does to one metric's windows of one lane. */
export type Touch = {
  /** Groups that a window has by and by. */
  readonly groups: number
  /** Events of the batch in this lane; each falls in any group alike. */
  readonly events: number
  /**
   * Bytes of a group, deflated among its like: some 30 for scalars; with sketches it grows to 1,000 and more.
   */
  readonly bytes: number
}

/** Bytes of an item's keys, names and version. */
const OVERHEAD = 130
/** Hashing fills items unevenly: measured with 5 to 10,000 groups. */
const UNEVEN = 1.3

/**
 * Physical items, and write units, that a batch is expected to write: what the cost estimate prices. Within a
 * fifth of what was measured; too high where some groups get more events than others.
 *
 * @example expectedWrites({ groups: 500, events: 1250, bytes: 30 }, { packTo: 1024, groups: 1000, spread: 8 }) // 24 items, 24 units
 */
export function expectedWrites(
  { groups, events, bytes }: Touch,
  layout: Layout,
): { readonly items: number; readonly units: number } {
  const room = Math.max(1, Math.floor((layout.packTo * 0.92 - OVERHEAD) / bytes))
  const together = Math.min(layout.groups, room, groups)
  const all = together >= groups ? 1 : Math.min(groups, Math.ceil((groups / together) * UNEVEN))
  const items = all * (1 - (1 - 1 / all) ** events)
  return { items, units: items * Math.ceil((OVERHEAD + (groups / all) * bytes) / WRITE_UNIT) }
}
