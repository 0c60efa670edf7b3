import { type ReceivedEvent, readReceived } from '../../core/event/record.ts'
import { curatedOfType, rawOfType } from '../../core/lake/lake-paths.ts'
import type { Relation, TypePlace } from '../../core/lake/relation.ts'
import type { LakeEngine, LakeSession } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { RawLines } from '../../core/ports/raw-lines.ts'
import { countedByEpoch, curatedOfId } from '../../core/sql/lookup/event-rows.ts'
import { epochsIn, relationAt } from '../batch/lookup.ts'
import type { UncheckedPorts } from '../batch/refine/unchecked.ts'
import { type RawObjects, rawObjects } from '../explain/epoch-sources.ts'
import { curatedValues } from './curated-values.ts'
import type { EventLookup, EventReceipt, EventsFound, FoundEvent, NotRead } from './found-event.ts'
import { type KnownReceipt, settleReceipts } from './settle-receipts.ts'

export type LookUpPorts = UncheckedPorts & {
  readonly lake: LakeFolder
  /** One of its own, so that a question takes nothing from runs and from what comes in. */
  readonly engine: LakeEngine
  readonly rawLines: RawLines
  readonly ledger: Pick<Ledger, 'epochs'>
  /** ms. */
  readonly epochLength: number
  /** Epochs that an event id is remembered for. */
  readonly horizon: number
}

export type LookUpEvent = (lookup: EventLookup) => Promise<EventsFound>

/** Epochs of a type that one question looks into: each is a folder or two, and a file or two. */
const MAX_EPOCHS = 500
/** Bytes of raw lines that it looks through: they are not parsed, so a gigabyte takes a second. */
const RAW_BYTES = 256e6
/** Receipts of one event that are told of. */
const MAX_RECEIPTS = 100

/** What is known of one type: curated rows of the id, and raw objects to look through in this order. */
type OfType = {
  readonly type: string
  readonly rows: readonly KnownReceipt[]
  readonly refined: ReadonlySet<number>
  readonly raw: readonly RawObjects[]
  readonly reached: number | undefined
}

/**
 * Builds the step that finds an event by its id: its curated rows, and every line that came in under the
 * id, of epochs in a range. Raw lines are looked through where the id can be: in the epochs that count it,
 * in those that nobody has refined, and in those that have dropped something. It writes nothing.
 *
 * @throws (the step) TributaryError of the lake
 */
export function createLookUpEvent(ports: LookUpPorts): LookUpEvent {
  return lookup =>
    ports.engine.session(async session => {
      const all: OfType[] = []
      for (const type of lookup.types) all.push(await lookInto(ports, session, lookup, type))
      const { lines, notRead } = await readRaw(ports, lookup, all)
      const events: FoundEvent[] = []
      for (const one of all)
        for (const found of settleReceipts(one, lines, ports)) {
          const counted = found.receipts.find(({ curated }) => curated !== undefined)
          events.push({
            ...found,
            receipts: newestOf(found.receipts),
            curatedValues: counted && (await curatedValues(ports, session, one.type, counted)),
          })
        }
      const reached = all.flatMap(({ type, reached: at }) => (at === undefined ? [] : [[type, at] as const]))
      return { events, reached: Object.fromEntries(reached), notRead }
    })
}

async function lookInto(
  ports: LookUpPorts,
  session: LakeSession,
  { id, source, from, through }: EventLookup,
  type: string,
): Promise<OfType> {
  const { lake, epochLength, horizon, engine } = ports
  const range = { after: from - 1000, through: { epoch: through, epochLength } }
  const there = await epochsIn(lake, rawOfType(type), range)
  // What has counted an event before the range makes a line in it a duplicate.
  const before = { ...range, after: from - horizon * epochLength - 1000 }
  const curated = (await epochsIn(lake, curatedOfType(type), before)).slice(-MAX_EPOCHS)
  const epochs = there.slice(-MAX_EPOCHS)
  const rows: KnownReceipt[] = []
  const counts = new Map<number, number>()
  if (curated.length > 0) {
    const placed = await together(lake, type, curated)
    for (const row of await session.rows(curatedOfId(engine.dialect, placed, id)))
      if (source === undefined || row['event_source'] === source)
        rows.push({
          ...{ source: String(row['event_source']), receipt: String(row['receipt']) },
          ...{ epoch: Number(row['epoch']), partition: Number(row['event_partition']) },
          ...{ time: Number(row['event_ms']), curated: String(row['part']) },
        })
    for (const row of await session.rows(countedByEpoch(engine.dialect, placed)))
      counts.set(Number(row['epoch']), Number(row['n']))
  }
  const raw = await rawToRead(ports, type, epochs, rows, counts)
  const reached = there.length > epochs.length ? epochs[0] : undefined
  return { type, rows, refined: new Set(curated), raw, reached }
}

/** Curated rows of some epochs as one relation, whose parts tell them apart. */
async function together(
  lake: LakeFolder,
  type: string,
  epochs: readonly number[],
): Promise<Relation & TypePlace> {
  const each = await Promise.all(epochs.map(epoch => relationAt(lake, { kind: 'curated', type, epoch })))
  return { kind: 'curated', type, epoch: 0, parts: each.flatMap(({ parts }) => parts) }
}

/** Epochs that count the id first, then those that nobody has refined, then those that dropped something. */
async function rawToRead(
  { lake, ledger }: LookUpPorts,
  type: string,
  epochs: readonly number[],
  rows: readonly KnownReceipt[],
  counts: ReadonlyMap<number, number>,
): Promise<readonly RawObjects[]> {
  if (epochs.length === 0) return []
  const counting = new Set(rows.map(({ epoch }) => epoch))
  const known = await ledger.epochs(epochs[0]! - 1000)
  const accepted = new Map(known.map(one => [one.epoch, one.accepted[type]]))
  const firstCounted = Math.min(...counting)
  const rankOf = (epoch: number): number => {
    if (counting.has(epoch)) return 0
    const counted = counts.get(epoch)
    if (counted === undefined) return 1
    if (counting.size > 0 && epoch < firstCounted) return 3
    return accepted.get(epoch) === counted ? 3 : 2
  }
  const wanted = epochs.filter(epoch => rankOf(epoch) < 3)
  const ordered = wanted.sort((a, b) => rankOf(a) - rankOf(b) || b - a)
  return Promise.all(ordered.map(epoch => rawObjects(lake, type, epoch)))
}

/** A line with the id, and the object that it is in; undefined: the stream alone has it. */
export type RawLine = {
  readonly event: ReceivedEvent
  readonly raw: string | undefined
  readonly line: string
}

async function readRaw(
  { rawLines }: LookUpPorts,
  { id, source, streamed }: EventLookup,
  all: readonly OfType[],
): Promise<{ readonly lines: readonly RawLine[]; readonly notRead: readonly NotRead[] }> {
  const text = `"id":${JSON.stringify(id)}`
  const lines = new Map<string, RawLine>()
  const notRead: NotRead[] = []
  const note = (line: string, raw: string | undefined) => {
    const event = readReceived(line)
    if (event?.id !== id || (source !== undefined && event.source !== source)) return
    if (!lines.has(event.tbreceipt)) lines.set(event.tbreceipt, { event, raw, line })
  }
  let left = RAW_BYTES
  for (const { type, raw } of all)
    for (const { epoch, objects, bytes } of raw) {
      if (bytes > left) {
        notRead.push({ type, epoch })
        continue
      }
      left -= bytes
      for (const { path } of objects) for await (const line of rawLines.having(path, text)) note(line, path)
    }
  for (const line of streamed) note(line, undefined)
  return { lines: [...lines.values()], notRead }
}

/** The one that counts is always among them. */
function newestOf(receipts: readonly EventReceipt[]): readonly EventReceipt[] {
  if (receipts.length <= MAX_RECEIPTS) return receipts
  const rest = receipts.slice(1 - MAX_RECEIPTS)
  const counted = receipts.find(({ isCounted }) => isCounted === true) ?? receipts[0]!
  return rest.includes(counted) ? receipts.slice(-MAX_RECEIPTS) : [counted, ...rest]
}
