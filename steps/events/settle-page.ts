import { epochOf } from '../../core/data/epoch.ts'
import { receivedAt } from '../../core/event/receipt.ts'
import { curatedOfType, rawOfType } from '../../core/lake/lake-paths.ts'
import type { Relation, TypePlace } from '../../core/lake/relation.ts'
import type { LakeSession } from '../../core/ports/lake-engine.ts'
import { COUNTED_IN } from '../../core/sql/counted-ids.ts'
import { countedReceipts, countingEpochs, linesOfIds } from '../../core/sql/lookup/event-rows.ts'
import { contractOf, epochsIn, relationAt } from '../batch/lookup.ts'
import { rawObjects } from '../explain/epoch-sources.ts'
import { idsAsTheyAre } from '../explain/ids-before.ts'
import { byEvent, droppedLines } from '../explain/settle-lines.ts'
import type { LookUpPorts } from './look-up-event.ts'
import type { RawEvent } from './search-events.ts'

/** An event of a page with whether it counts; undefined where that cannot be told yet. */
export type Settled = RawEvent & { readonly isCounted: boolean | undefined }

/** Raw lines that are parsed to tell which of an id's receipts is the first: a tenth of a second or two. */
const MOST_BYTES = 32e6

/** Says of each event of a page whether it counts. */
export async function settlePage(
  ports: LookUpPorts,
  events: readonly RawEvent[],
): Promise<readonly Settled[]> {
  if (events.length === 0) return []
  return ports.engine.session(async session => {
    const counted = new Map<string, boolean>()
    for (const [type, own] of Map.groupBy(events, ({ event }) => event.type))
      for (const [receipt, isCounted] of await settleType(ports, session, type, own))
        counted.set(receipt, isCounted)
    return events.map(one => ({ ...one, isCounted: counted.get(one.event.tbreceipt) }))
  })
}

async function settleType(
  ports: LookUpPorts,
  session: LakeSession,
  type: string,
  events: readonly RawEvent[],
): Promise<ReadonlyMap<string, boolean>> {
  const { lake, epochLength, engine } = ports
  const epochs = events.map(({ event }) => event.tbepoch)
  const range = { after: Math.min(...epochs) - 1000, through: { epoch: Math.max(...epochs), epochLength } }
  const refined = new Set(await epochsIn(lake, curatedOfType(type), range))
  const known = events.filter(({ event }) => refined.has(event.tbepoch))
  const counted = new Map<string, boolean>(known.map(({ event }) => [event.tbreceipt, false]))
  if (known.length > 0) {
    const parts = [...new Set(known.map(({ event }) => event.tbepoch))].map(epoch =>
      relationAt(lake, { kind: 'curated', type, epoch }),
    )
    const curated = together(type, await Promise.all(parts))
    const receipts = known.map(({ event }) => event.tbreceipt)
    for (const row of await session.rows(countedReceipts(engine.dialect, curated, receipts)))
      counted.set(String(row['receipt']), true)
  }
  const rest = events.filter(({ event }) => !refined.has(event.tbepoch))
  if (rest.length === 0) return counted
  return new Map([...counted, ...(await settleUnrefined(ports, session, type, rest))])
}

function together(type: string, each: readonly (Relation & TypePlace)[]): Relation & TypePlace {
  return { kind: 'curated', type, epoch: 0, parts: each.flatMap(({ parts }) => parts) }
}

/** As refining would tell it: the first receipt counts, unless its id was counted before. */
async function settleUnrefined(
  ports: LookUpPorts,
  session: LakeSession,
  type: string,
  events: readonly RawEvent[],
): Promise<ReadonlyMap<string, boolean>> {
  const { lake, engine, epochLength, horizon, pipeline } = ports
  const span = horizon * epochLength
  const last = Math.max(...events.map(({ event }) => event.tbepoch))
  const first = Math.min(...events.map(({ event }) => event.tbepoch)) - span
  const refined = new Set(await epochsIn(lake, curatedOfType(type), { after: first - 1000 }))
  const there = await epochsIn(lake, rawOfType(type), { after: first - 1000 })
  const unrefined = there.filter(epoch => !refined.has(epoch) && epoch <= last)
  // A run may refine one of them meanwhile: what it counts is among the lines that are read here.
  const isRead = new Set(unrefined)
  const raw = await Promise.all(unrefined.map(epoch => rawObjects(lake, type, epoch)))
  if (raw.reduce((sum, { bytes }) => sum + bytes, 0) > MOST_BYTES) return new Map()
  const ids = [...new Set(events.map(({ event }) => event.id))]
  const field = contractOf(pipeline, type).fields[0]!
  const lines = []
  for (const { epoch, objects } of raw) {
    if (objects.length === 0) continue
    const relation = { kind: 'raw', type, epoch, parts: objects.map(({ path }) => path) } as const
    lines.push(...(await session.rows(linesOfIds(engine.dialect, relation, field, ids))))
  }
  const earlier = await idsAsTheyAre(ports, type, first, last + 1)
  const before = countingEpochs(engine.dialect, earlier, ids)
  const counting = byEvent(before === undefined ? [] : await session.rows(before))
  const counted = new Map<string, boolean>()
  for (const [event, rows] of byEvent(lines)) {
    const receipts = [...new Set(rows.map(row => String(row['receipt'])))].sort()
    const own = receipts.map(receipt => ({ receipt, epoch: epochOf(receivedAt(receipt), epochLength) }))
    const countedIn = (counting.get(event) ?? []).map(row => Number(row[COUNTED_IN]))
    const epochsBefore = countedIn.filter(epoch => !isRead.has(epoch)).sort((a, b) => a - b)
    const dropped = new Set(droppedLines(own, epochsBefore, span).map(({ receipt }) => receipt))
    for (const receipt of receipts) counted.set(receipt, !dropped.has(receipt))
  }
  return counted
}
