import type * as Type from 'typebox'
import type { Access } from '../../core/access/access.ts'
import { hiddenFields, isOfRows, maySeeEvent } from '../../core/access/event-access.ts'
import { isReadable } from '../../core/access/limited-rows.ts'
import type { Journey as Schema } from '../../core/api/event-schemas.ts'
import { type Field, valueAt } from '../../core/data/fields.ts'
import { parseGroup } from '../../core/data/group.ts'
import { formatInstant, WINDOWS } from '../../core/data/time.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Contract } from '../../core/declare/pipeline.ts'
import { receivedAt } from '../../core/event/receipt.ts'
import { readReceived } from '../../core/event/record.ts'
import { present } from '../../core/fold/present.ts'
import { parseJson } from '../../core/json/json.ts'
import type { ListedRejection } from '../../core/ports/rejected.ts'
import { fieldsRead } from '../../core/sql/curated.ts'
import type { EventReceipt } from '../../steps/events/found-event.ts'
import type { EventJourney, JourneyOfEvent } from '../../steps/events/journey.ts'

type Shown = Type.Static<typeof Schema>
type ShownEvent = Shown['events'][number]

/**
 * What became of an event, as its caller may see it. Who is limited to rows is told of receipts that are
 * theirs, and of no others; fields that the contract masks, and what metrics make of them, are an admin's.
 */
export function shownJourney(id: string, types: number, found: EventJourney, access: Access): Shown {
  const events = found.events.flatMap(one => ofCaller(one, access) ?? [])
  return {
    ...{ id, events: events.map(one => shownEvent(id, one, access)) },
    rejected: found.rejected.map(one => shownRejection(one, access)),
    searched: {
      ...{ since: formatInstant(found.since), until: formatInstant(found.until), types },
      isWhole: found.isWhole,
      reached: Object.entries(found.reached).map(([type, since]) => ({ type, since: formatInstant(since) })),
      notRead: found.notRead.map(({ type, epoch }) => ({ type, epoch: formatInstant(epoch) })),
    },
  }
}

/** With receipts of the caller's alone; undefined where none is. */
function ofCaller(one: JourneyOfEvent, access: Access): JourneyOfEvent | undefined {
  if (!isOfRows(access)) return one
  const receipts = one.receipts.filter(receipt => maySeeEvent(access, one.contract, valueIn(one, receipt)))
  if (receipts.length === 0) return undefined
  if (receipts.includes(one.main)) return { ...one, receipts }
  // What counts the event is not theirs: nothing of it is told but that theirs counts nothing.
  const main = receipts[0]!
  const event = main.line === undefined ? undefined : readReceived(main.line)
  const unknown = { position: undefined, isApplied: true }
  return {
    ...{ ...one, receipts, main, event, place: unknown, cells: [], leftOut: [], run: undefined },
    ...{ curatedValues: undefined, waitsFor: undefined },
  }
}

/** What a receipt has in a field: its line says it, or else its curated row. */
function valueIn({ curatedValues }: JourneyOfEvent, { line, curated }: EventReceipt) {
  const data = line === undefined ? undefined : readReceived(line)?.data
  if (data !== undefined) return ({ path }: Field) => valueAt(data, path)
  return ({ name }: Field): unknown => {
    const json = curated === undefined ? undefined : curatedValues?.[name]
    return typeof json === 'string' ? parseJson(json) : json
  }
}

function shownEvent(id: string, one: JourneyOfEvent, access: Access): ShownEvent {
  const { source, type, contract, receipts, main, event, place, cells, leftOut } = one
  const hidden = hiddenFields(access, contract)
  const shows = (metric: Metric) =>
    isReadable(metric, access) && !fieldsRead(metric).some(({ name }) => hidden.has(name))
  const metrics = [...cells.map(({ metric }) => metric), ...leftOut]
  const isSubject = contract.subject !== undefined && access.isAdmin !== true
  return {
    ...{ id, source, type, time: formatInstant(main.time) },
    subject: isSubject ? null : (event?.subject ?? null),
    verdict: verdictOf(main),
    receipts: receipts.map(receipt => shownReceipt(receipt, receipts)),
    values: event === undefined ? {} : valuesOf(contract, event.data, hidden),
    masked: contract.fields.filter(({ name }) => hidden.has(name)).map(({ name }) => name),
    stream: {
      partition: main.partition,
      // A place in the stream says how much was sent by all.
      position: place.position === undefined || isOfRows(access) ? null : positionOf(place.position),
      isApplied: place.isApplied ?? null,
    },
    raw: main.raw === undefined ? null : { file: main.raw },
    curated: curatedOf(one, hidden),
    epoch: { start: formatInstant(main.epoch), isClosed: one.isClosed, run: one.run ?? null },
    cells: cells.filter(({ metric }) => shows(metric)).map(shownCell),
    leftOut: leftOut.filter(shows).map(({ name }) => name),
    // Of metrics whose rows cannot be told apart nothing is told at all.
    hidden: metrics.filter(metric => isReadable(metric, access) && !shows(metric)).map(({ name }) => name),
    waitsFor: one.waitsFor ?? null,
  }
}

const verdictOf = ({ isCounted }: EventReceipt) => (isCounted === false ? 'duplicate' : 'accepted')

const positionOf = ({ sequence, index }: { readonly sequence: number; readonly index: number }) => ({
  ...{ sequence: String(sequence), index },
})

function shownReceipt(one: EventReceipt, among: readonly EventReceipt[]): ShownEvent['receipts'][number] {
  const { receipt, epoch, partition, countedBy, raw } = one
  const isShown = among.some(other => other.receipt === countedBy)
  return {
    ...{ receipt, receivedAt: formatInstant(receivedAt(receipt)), epoch: formatInstant(epoch), partition },
    ...{ verdict: verdictOf(one), countedBy: isShown ? countedBy! : null, raw: raw ?? null },
  }
}

/** Fields that the contract declares, as they were sent; those that the event does not have are left out. */
export function valuesOf(contract: Contract, data: unknown, hidden: ReadonlySet<string>) {
  const values = contract.fields.flatMap(({ name, path }) => {
    const value = hidden.has(name) ? undefined : valueAt(data, path)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(values)
}

function curatedOf({ main, curatedValues }: JourneyOfEvent, hidden: ReadonlySet<string>) {
  if (main.curated === undefined || curatedValues === undefined) return null
  const shown = Object.entries(curatedValues).filter(([name]) => !hidden.has(name))
  const values = shown.map(([name, json]) => [name, json === null ? null : parseJson(json)] as const)
  return { file: main.curated, values: Object.fromEntries(values) }
}

function shownCell({ metric, window, group, cells, run }: JourneyOfEvent['cells'][number]) {
  return {
    ...{ metric: metric.name, window: metric.window, start: formatInstant(window) },
    ...{ group: parseGroup(group), values: present(metric, cells, WINDOWS[metric.window]) },
    layer: run === undefined ? ('real-time' as const) : ('batch' as const),
    run: run ?? null,
  }
}

/** Texts of rejected events are an admin's: what is wrong with a value may have the value in it. */
function shownRejection(one: ListedRejection, access: Access): Shown['rejected'][number] {
  const { receipt, receivedAt: at, type, id, code, detail, replayed } = one
  return {
    ...{ receipt, receivedAt: formatInstant(at), type: type ?? null, id: id ?? null, code, replayed },
    ...(access.isAdmin === true && { detail }),
  }
}
