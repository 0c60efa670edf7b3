import { deflateRawSync } from 'node:zlib'
import { type CellValue, emptyCell, packCells } from '../../core/cells/cells.ts'
import type { Field } from '../../core/data/fields.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { receipt, receiptPrefix } from '../../core/event/receipt.ts'
import { metricFold, type PlacedEvent } from '../../core/fold/share.ts'
import { packText, sizeOf } from '../../drivers/aws/dynamodb/text.ts'

/** Groups that are made at a time: texts of a kind deflate better together. */
const TOGETHER = 8
/** Group and position of a line, bytes; equal parts of them vanish among their like. */
const LINE_BYTES = 60
/** Events up to which sizes are made; sketches hardly grow after it. */
const MOST_EVENTS = 16_384
/** When the sample begins, ms since 1970. */
const FIRST_MS = Date.UTC(2026, 0)

/**
 * Bytes that a group takes in a real-time item, by the number of events in it: made by the code that makes
 * the real ones, from events of random values. Every value of a field is another one, which is the worst for
 * sketches.
 *
 * @param shared whether several groups share an item, so that they are deflated together
 */
export function groupSizes(metric: Metric, shared: boolean): (events: number) => number {
  const fold = metricFold(metric)
  const groups = Array.from({ length: shared ? TOGETHER : 1 }, () => fold.kinds.map(emptyCell))
  const random = randomNumbers()
  const steps: { readonly events: number; readonly bytes: number }[] = []
  let next = 1
  for (let events = 1; events <= MOST_EVENTS; events++) {
    for (const cells of groups)
      fold.add(cells, { event: eventOf(metric, events, random) } as unknown as PlacedEvent)
    if (events < next) continue
    steps.push({ events, bytes: bytesOf(metric, groups) })
    next = Math.ceil(next * 1.5)
  }
  return events => (steps.find(step => step.events >= events) ?? steps.at(-1)!).bytes
}

function bytesOf(metric: Metric, groups: readonly (readonly CellValue[])[]): number {
  const text = groups.map(cells => packCells(metric.kinds, cells)).join('\n')
  const size = groups.length === 1 ? sizeOf(packText(text)) : deflateRawSync(text).length
  return size / groups.length + (groups.length === 1 ? LINE_BYTES : LINE_BYTES / 4)
}

/** What a fold reads of an event: a receipt as ingest gives them, a time near it, and the fields. */
function eventOf(metric: Metric, i: number, random: () => number) {
  const tbtime = FIRST_MS + Math.floor(random() * MOST_EVENTS)
  return { tbtime, tbreceipt: receipt(receiptPrefix(FIRST_MS, 'sample', i), 0), data: dataOf(metric, random) }
}

/** Fields that the cells take in, under their paths. */
function dataOf(metric: Metric, random: () => number): Record<string, unknown> {
  const data: Record<string, unknown> = {}
  for (const { field } of metric.cells) if (field !== undefined) place(data, field, sampleOf(field, random))
  return data
}

function place(data: Record<string, unknown>, { path }: Field, value: unknown): void {
  let at = data
  for (const key of path.slice(0, -1)) {
    at[key] ??= {}
    at = at[key] as Record<string, unknown>
  }
  at[path.at(-1)!] = value
}

/** Numbers spread exponentially, as durations and amounts are. */
function sampleOf({ kind, scale }: Field, random: () => number): unknown {
  const amount = -Math.log(1 - random()) * 100
  switch (kind) {
    case 'number':
      return Number(amount.toFixed(scale ?? 3))
    case 'integer':
      return Math.floor(random() * 1e9)
    case 'boolean':
      return random() < 0.5
    case 'instant':
      return new Date(Math.floor(random() * 2e12)).toISOString()
    default:
      return random().toString(36).slice(2)
  }
}

/** The same numbers each time, in [0, 1): an estimate must not change between two calls. Mulberry32. */
function randomNumbers(): () => number {
  let state = 0x9e3779b9
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
