import { receivedAt } from '../../core/event/receipt.ts'
import { type ReceivedEvent, readReceived } from '../../core/event/record.ts'
import { compileEventFilter, type EventFilter, textsInLines } from '../../core/events/event-filter.ts'
import { rawOfType } from '../../core/lake/lake-paths.ts'
import { epochsIn } from '../batch/lookup.ts'
import { rawObjects } from '../explain/epoch-sources.ts'
import type { LookUpPorts } from './look-up-event.ts'
import { type Settled, settlePage } from './settle-page.ts'

/** What is looked for in the raw lake. */
export type EventSearch = EventFilter & {
  /** Received at or after, and at or before, ms. */
  readonly since: number
  readonly until: number
  /** Receipts before this one; undefined: from the newest on. */
  readonly before: string | undefined
  readonly limit: number
  readonly verdict: 'accepted' | 'duplicate' | undefined
}

/** A page, newest first. `bound`: every receipt from this one on was looked at; undefined: all were. */
export type PageOfEvents = { readonly events: readonly Settled[]; readonly bound: string | undefined }

export type SearchEvents = (search: EventSearch) => Promise<PageOfEvents>

/** Bytes of raw lines that one question looks through, and epochs that it looks into. */
const MOST_BYTES = 64e6
const MOST_EPOCHS = 500
/** Pages that are settled to find events of one verdict. */
const ROUNDS = 5

/**
 * Builds the step that lists received events, newest first: raw files are read from their ends. What one
 * question does not get to, the next page does: `bound` says where that begins.
 *
 * @throws (the step) TributaryError of the lake
 */
export function createSearchEvents(ports: LookUpPorts): SearchEvents {
  return async search => {
    const { verdict, limit } = search
    const found: Settled[] = []
    let { before } = search
    const budget = { left: MOST_BYTES }
    for (let round = 0; round < ROUNDS; round++) {
      const page = await pageOf(ports, { ...search, before }, budget)
      const settled = await settlePage(ports, page.events)
      found.push(...settled.filter(one => verdict === undefined || isOf(one, verdict)))
      before = page.bound
      if (before === undefined || verdict === undefined || found.length >= limit || budget.left <= 0) break
    }
    if (found.length <= limit) return { events: found, bound: before }
    const events = found.slice(0, limit)
    return { events, bound: events.at(-1)!.event.tbreceipt }
  }
}

const isOf = ({ isCounted }: Settled, verdict: 'accepted' | 'duplicate') =>
  (isCounted === false) === (verdict === 'duplicate')

type Budget = { left: number }

/** An event, and the raw object that has it. */
export type RawEvent = { readonly event: ReceivedEvent; readonly raw: string }

async function pageOf(
  ports: LookUpPorts,
  search: EventSearch,
  budget: Budget,
): Promise<{ readonly events: readonly RawEvent[]; readonly bound: string | undefined }> {
  const { limit } = search
  const events: RawEvent[] = []
  const epochs = await epochsOf(ports, search)
  for (const [i, [epoch, types]] of epochs.entries()) {
    if (i === MOST_EPOCHS || budget.left <= 0) return { events, bound: String(epochs[i - 1]![0]) }
    const each: Awaited<ReturnType<typeof scanType>>[] = []
    for (const type of types)
      each.push(await scanType(ports, search, type, epoch, { left: budget.left / types.length }, budget))
    const bound =
      each
        .map(one => one.bound)
        .sort()
        .at(-1) ?? ''
    const own = each.flatMap(one => one.events).filter(({ event }) => event.tbreceipt >= bound)
    events.push(...own.sort((a, b) => (a.event.tbreceipt > b.event.tbreceipt ? -1 : 1)))
    if (events.length >= limit) {
      const page = events.slice(0, limit)
      return { events: page, bound: page.at(-1)!.event.tbreceipt }
    }
    if (bound !== '') return { events, bound }
  }
  return { events, bound: undefined }
}

/** Epochs of the range, newest first, each with the types that have raw lines of it. */
async function epochsOf(
  { lake, epochLength }: LookUpPorts,
  { types, since, until, before }: EventSearch,
): Promise<readonly (readonly [number, readonly string[]])[]> {
  const last = before === undefined ? until : Math.min(until, receivedAt(before))
  const byEpoch = new Map<number, string[]>()
  for (const type of types)
    for (const epoch of await epochsIn(lake, rawOfType(type), { after: since - epochLength - 1000 }))
      if (epoch <= last && epoch + epochLength > since)
        byEpoch.set(epoch, [...(byEpoch.get(epoch) ?? []), type])
  return [...byEpoch].sort(([a], [b]) => b - a)
}

/** The newest of a type's events in an epoch. `bound` is empty where all of it was looked through. */
async function scanType(
  { lake, rawLines, pipeline }: LookUpPorts,
  search: EventSearch,
  type: string,
  epoch: number,
  share: Budget,
  budget: Budget,
): Promise<{ readonly events: readonly RawEvent[]; readonly bound: string }> {
  const { since, until, before, limit } = search
  const isWanted = compileEventFilter(pipeline.latest, search)
  const texts = textsInLines(search)
  const last = before === undefined ? until : Math.min(until, receivedAt(before))
  const events = new Map<string, RawEvent>()
  const { objects } = await rawObjects(lake, type, epoch)
  for (const { path } of objects.toReversed())
    for await (const { lines, bytes } of rawLines.backwards(path, last)) {
      let bound = ''
      for (const line of lines) {
        if (!texts.every(text => line.includes(text))) continue
        const event = readReceived(line)
        if (event === undefined) continue
        bound = event.tbreceipt
        const at = receivedAt(bound)
        if (at < since || at > until || (before !== undefined && bound >= before)) continue
        // A line that the transport delivered again has the receipt of the first one.
        if (isWanted(event) && !events.has(bound)) events.set(bound, { event, raw: path })
        if (events.size >= limit) return { events: [...events.values()], bound }
      }
      share.left -= bytes
      budget.left -= bytes
      if (share.left <= 0) return { events: [...events.values()], bound: boundOf(lines) ?? bound }
    }
  return { events: [...events.values()], bound: '' }
}

/** The oldest receipt of some lines. */
function boundOf(lines: readonly string[]): string | undefined {
  return /^\{"tbreceipt":"([\w-]{14,120})"/.exec(lines.at(-1) ?? '')?.[1]
}
