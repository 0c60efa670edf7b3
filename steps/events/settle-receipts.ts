import { droppedLines } from '../explain/settle-lines.ts'
import type { EventReceipt, FoundEvent } from './found-event.ts'
import type { RawLine } from './look-up-event.ts'

/** A curated row: it counts its event. */
export type KnownReceipt = Pick<EventReceipt, 'receipt' | 'epoch' | 'partition' | 'time'> & {
  readonly source: string
  readonly curated: string
}

type OfType = {
  readonly type: string
  readonly rows: readonly KnownReceipt[]
  readonly refined: ReadonlySet<number>
}

/** Of an epoch that was refined, curated rows say what counts; of the others, the rule of refining. */
export function settleReceipts(
  { type, rows, refined }: OfType,
  lines: readonly RawLine[],
  { epochLength, horizon }: { readonly epochLength: number; readonly horizon: number },
): readonly Omit<FoundEvent, 'curatedValues'>[] {
  const own = lines.filter(({ event }) => event.type === type)
  const sources = new Set([...rows.map(row => row.source), ...own.map(({ event }) => event.source)])
  return [...sources].map(source => {
    const counted = rows.filter(row => row.source === source).sort((a, b) => a.epoch - b.epoch)
    const ofSource = own.filter(({ event }) => event.source === source)
    const receipts = ofEvent(counted, ofSource, refined, horizon * epochLength)
    const winner = receipts.find(({ isCounted }) => isCounted === true)
    return { type, source, receipts, isRefined: winner !== undefined && refined.has(winner.epoch) }
  })
}

function ofEvent(
  rows: readonly KnownReceipt[],
  lines: readonly RawLine[],
  refined: ReadonlySet<number>,
  span: number,
): readonly EventReceipt[] {
  const inOrder = lines.toSorted((a, b) => (a.event.tbreceipt < b.event.tbreceipt ? -1 : 1))
  const known = new Map(rows.map(row => [row.receipt, row]))
  const unrefined = inOrder
    .filter(({ event }) => !refined.has(event.tbepoch))
    .map(({ event }) => ({ receipt: event.tbreceipt, epoch: event.tbepoch }))
  const before = rows.map(({ epoch }) => epoch)
  const dropped = new Map(droppedLines(unrefined, before, span).map(one => [one.receipt, one.counted]))
  const nearest = (epoch: number) => rows.findLast(row => row.epoch <= epoch)?.receipt
  const ofLines = inOrder.map(({ event, raw, line }): EventReceipt => {
    const { tbreceipt: receipt, tbepoch: epoch, tbpartition: partition, tbtime: time } = event
    const row = known.get(receipt)
    const loses = refined.has(epoch) ? row === undefined : dropped.has(receipt)
    return {
      ...{ receipt, epoch, partition, time, raw, line, curated: row?.curated, isCounted: !loses },
      countedBy: loses ? (dropped.get(receipt)?.receipt ?? nearest(epoch)) : undefined,
    }
  })
  const read = new Set(ofLines.map(({ receipt }) => receipt))
  const ofRows = rows
    .filter(({ receipt }) => !read.has(receipt))
    .map(
      ({ source: _, ...row }): EventReceipt => ({
        ...row,
        ...{ isCounted: true, countedBy: undefined, raw: undefined, line: undefined },
      }),
    )
  return [...ofRows, ...ofLines].sort((a, b) => (a.receipt < b.receipt ? -1 : 1))
}
