import { epochOf } from '../../core/data/epoch.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Contract, Pipeline } from '../../core/declare/pipeline.ts'
import { markerKey } from '../../core/event/event.ts'
import { type ReceivedEvent, readReceived } from '../../core/event/record.ts'
import { compileMovedCells, type MovedCell } from '../../core/events/moved-cells.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { ListedRejection, Rejected } from '../../core/ports/rejected.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import type { EventReceipt, EventsFound, FoundEvent } from './found-event.ts'
import type { LookUpEvent } from './look-up-event.ts'
import { rejectionsOf } from './rejections.ts'

/** Which event is asked for. Absent parts mean: any, and as long as ids are remembered. */
export type JourneyQuestion = {
  readonly id: string
  readonly types: readonly string[]
  readonly source?: string
  /** Received at or after, and at or before, ms. */
  readonly since?: number
  readonly until?: number
  /** Whether rejected events are looked through, too. */
  readonly withRejected: boolean
}

/** Where an event is in the stream. `sequence` is a place in the log of this machine. */
export type StreamPlace = {
  readonly position: { readonly sequence: number; readonly index: number } | undefined
  /** Undefined where it cannot be told. */
  readonly isApplied: boolean | undefined
}

export type JourneyOfEvent = FoundEvent & {
  readonly contract: Contract
  /** The receipt that counts; the first one where none does. */
  readonly main: EventReceipt
  /** Undefined where its line is not in the raw lake any more. */
  readonly event: ReceivedEvent | undefined
  readonly place: StreamPlace
  readonly isClosed: boolean
  readonly cells: readonly (MovedCell & { readonly run: string | undefined })[]
  readonly leftOut: readonly Metric[]
  /** The run that published its epoch last, of a metric that it moved. */
  readonly run: string | undefined
  readonly waitsFor: 'speed' | 'raw' | 'epoch' | 'run' | 'publishing' | undefined
}

export type EventJourney = Pick<EventsFound, 'reached' | 'notRead'> & {
  readonly events: readonly JourneyOfEvent[]
  readonly rejected: readonly ListedRejection[]
  readonly isWhole: boolean
  readonly since: number
  readonly until: number
}

export type FollowEvent = (question: JourneyQuestion) => Promise<EventJourney>

/** What the stream's consumers know: of lines that one of them has still to take, and of ids claimed. */
export type StreamKnowledge = {
  findStreamed(text: string): Promise<{
    readonly lines: readonly {
      readonly sequence: number
      readonly index: number
      readonly line: string
      readonly isApplied: boolean
    }[]
    readonly isWhole: boolean
  }>
  claimsOf(
    keys: readonly string[],
  ): Promise<
    readonly (readonly { readonly epoch: number; readonly sequence: number; readonly index: number }[])[]
  >
}

export type JourneyPorts = StreamKnowledge & {
  readonly pipeline: Pick<Pipeline, 'latest' | 'metricsOf'>
  readonly lookUpEvent: LookUpEvent
  readonly rejected: Pick<Rejected, 'list'>
  readonly batchViews: Pick<BatchViews, 'boundary'>
  readonly ledger: Pick<Ledger, 'epoch'>
  readonly now: () => number
  /** ms. */
  readonly epochLength: number
  /** Epochs that an event id is remembered for. */
  readonly horizon: number
}

type Streamed = Awaited<ReturnType<StreamKnowledge['findStreamed']>>

/**
 * Builds the step that tells what became of an event, from its receipt to the cells that it moved. The
 * stream is asked before the raw lake: what one of them has not any more, the other has by then.
 *
 * @throws (the step) TributaryError of the stores
 */
export function createFollowEvent(ports: JourneyPorts): FollowEvent {
  const moved = compileMovedCells(ports.pipeline.metricsOf)
  return async ({ id, source, types, withRejected, ...range }) => {
    const until = range.until ?? ports.now()
    const since = range.since ?? until - ports.horizon * ports.epochLength
    const streamed = await ports.findStreamed(`"id":${JSON.stringify(id)}`)
    const found = await ports.lookUpEvent({
      ...{ id, source, types, streamed: streamed.lines.map(({ line }) => line) },
      ...{ from: epochOf(since, ports.epochLength), through: epochOf(until, ports.epochLength) },
    })
    const events: JourneyOfEvent[] = []
    for (const one of found.events) events.push(await journeyOf(ports, moved, id, one, streamed))
    const none = { rejected: [], isWhole: true }
    const { rejected, isWhole } = withRejected
      ? await rejectionsOf(ports.rejected, { id, since, until })
      : none
    const isAll = found.notRead.length === 0 && Object.keys(found.reached).length === 0
    return { ...{ since, until, events, rejected }, ...found, events, isWhole: isWhole && isAll }
  }
}

async function journeyOf(
  ports: JourneyPorts,
  moved: ReturnType<typeof compileMovedCells>,
  id: string,
  found: FoundEvent,
  streamed: Streamed,
): Promise<JourneyOfEvent> {
  const contract = ports.pipeline.latest.get(found.type)!
  const main = found.receipts.find(({ isCounted }) => isCounted === true) ?? found.receipts[0]!
  const event = main.line === undefined ? undefined : readReceived(main.line)
  const place = await placeOf(ports, contract, id, found, main, streamed)
  const isCounted = main.isCounted === true
  const { cells, leftOut } = event !== undefined && isCounted ? moved(event) : { cells: [], leftOut: [] }
  const { closed } = await ports.ledger.epoch(main.epoch)
  const published = await Promise.all(cells.map(cell => publishedIn(ports, cell, main.epoch)))
  const isPublished = published.every(({ run }) => run !== undefined)
  return {
    ...{ ...found, contract, main, event, place, leftOut, cells: published, isClosed: closed },
    run: published.find(({ run }) => run !== undefined)?.run,
    waitsFor: isCounted ? waitsFor(found, main, place, closed, isPublished) : undefined,
  }
}

async function publishedIn({ batchViews }: JourneyPorts, cell: MovedCell, epoch: number) {
  const boundary = await batchViews.boundary(cell.metric.id)
  const isThere = boundary !== undefined && boundary.epoch >= epoch
  return { ...cell, run: isThere ? boundary.run : undefined }
}

async function placeOf(
  ports: JourneyPorts,
  { dedupe }: Contract,
  id: string,
  { type, source }: FoundEvent,
  { receipt, epoch, isCounted }: EventReceipt,
  { lines, isWhole }: Streamed,
): Promise<StreamPlace> {
  const own = lines.find(({ line }) => line.startsWith(`{"tbreceipt":"${receipt}"`))
  if (own !== undefined) return { position: own, isApplied: own.isApplied }
  // What is not among the lines that are still to be read has been read.
  const isApplied = isWhole ? true : undefined
  // A marker of a whole record names no event of it.
  if (dedupe === 'record' || isCounted !== true) return { position: undefined, isApplied }
  const [claims = []] = await ports.claimsOf([markerKey({ type, source, id })])
  const claim = claims.find(one => one.epoch === epoch)
  return { position: claim, isApplied: isApplied ?? (claim === undefined ? undefined : true) }
}

/** The first thing that has still to happen. */
function waitsFor(
  { isRefined }: FoundEvent,
  { raw, curated }: EventReceipt,
  { isApplied }: StreamPlace,
  isClosed: boolean,
  isPublished: boolean,
): JourneyOfEvent['waitsFor'] {
  if (isApplied === false) return 'speed'
  if (curated !== undefined || isRefined) return isPublished ? undefined : 'publishing'
  if (raw === undefined) return 'raw'
  return isClosed ? 'run' : 'epoch'
}
