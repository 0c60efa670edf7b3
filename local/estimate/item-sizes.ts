import { type CellValue, emptyCell } from '../../core/cells/cells.ts'
import type { Field } from '../../core/fields.ts'
import type { Metric } from '../../core/metric-plan.ts'
import { type Entry, metricFold } from '../../core/share.ts'
import { packCells } from '../../drivers/views/dynamodb-cells.ts'
import { packText, sizeOf } from '../../drivers/views/dynamodb-text.ts'

/** Bytes of a group's text with so many events in it, as it stands in a real-time item; and what deflating leaves of it. */
export type GroupSize = { readonly text: number; readonly stored: number }

/** Group, position and separators of a line, bytes. */
const LINE_BYTES = 90
/** Events up to which sizes are made; sketches hardly grow after it. */
const MOST_EVENTS = 65_536

/**
 * Sizes of a metric's cells by the number of events in them, made by the code that makes the real ones, from events of random
 * values: every value of a field is another one, which is the worst for sketches.
 */
export function groupSizes(metric: Metric): (events: number) => GroupSize {
  const fold = metricFold(metric)
  const cells: CellValue[] = fold.kinds.map(emptyCell)
  const random = randomNumbers()
  const steps: { readonly events: number; readonly size: GroupSize }[] = []
  let next = 1
  for (let events = 1; events <= MOST_EVENTS; events++) {
    fold.add(cells, { event: { data: dataOf(metric, random) } } as unknown as Entry)
    if (events < next) continue
    const text = packCells(fold.kinds, cells)
    steps.push({
      events,
      size: { text: text.length + LINE_BYTES, stored: sizeOf(packText(text)) + LINE_BYTES },
    })
    next = Math.ceil(next * 1.5)
  }
  return events => (steps.find(step => step.events >= events) ?? steps.at(-1)!).size
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
