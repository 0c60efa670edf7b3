import { TributaryError } from '../../core/errors.ts'
import type { LakeRow } from '../../core/ports/lake-engine.ts'

/** A line of an event: its receipt, and the epoch (ms) that it was received in. */
export type EventLine = { readonly receipt: string; readonly epoch: number }

/** What counts an event: a receipt, where it is known, in an epoch. */
export type Counted = { readonly receipt: string | undefined; readonly epoch: number }

export type DroppedLine = EventLine & { readonly counted: Counted }

/**
 * Which lines of one event count nothing, by the rule of both layers: an event whose id was counted in the
 * last `span` ms of epochs, or in its own, is a duplicate.
 *
 * @param lines in the order of receipts
 * @param before epochs that have counted it, as refining left them
 */
export function droppedLines(
  lines: readonly EventLine[],
  before: readonly number[],
  span: number,
): readonly DroppedLine[] {
  const counted: Counted[] = before.map(epoch => ({ receipt: undefined, epoch }))
  return lines.flatMap(line => {
    const one = counted.findLast(({ epoch }) => epoch <= line.epoch && epoch >= line.epoch - span)
    if (one === undefined) counted.push(line)
    return one === undefined ? [] : [{ ...line, counted: one }]
  })
}

/** Most lines that are put in order one by one. */
export const MAX_UNSETTLED = 200_000

/** Rows by the event that they are of. */
export function byEvent(rows: readonly LakeRow[]): ReadonlyMap<string, readonly LakeRow[]> {
  if (rows.length > MAX_UNSETTLED)
    throw new TributaryError(
      'too_large',
      `over ${MAX_UNSETTLED} events of the cell were sent more than once in epochs that no run has refined yet; ask again after the next run`,
    )
  return Map.groupBy(rows, row => eventKey(row))
}

/** Of all texts a JSON list has one way to be read. */
export function eventKey(row: LakeRow): string {
  return JSON.stringify([row['event_source'], row['event_id']])
}
