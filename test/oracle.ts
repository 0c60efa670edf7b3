import type { ContractDeclaration } from '../core/declare/contract.ts'
import type { Measure } from '../core/declare/measures.ts'
import type { MetricDeclaration } from '../core/declare/metric.ts'
import { NumberText, nearestDouble, parseExact, plainText, scaleText } from './oracle/decimal.ts'
import { fieldOf, type OracleField, valueText } from './oracle/field.ts'
import { passes } from './oracle/filter.ts'
import { binsOf, distinctOf, distinctText, numberOf, quantileOf, sketchText } from './oracle/sketches.ts'

/** A received event as the reference takes it: its JSON text, in receipt order. */
export type Received = { readonly json: string; readonly epoch: number; readonly partition: number }

/** A received event with the verdict of deduplication. */
export type Judged = Received & { readonly event: Attributes; readonly counted: boolean }

type Attributes = {
  type: string
  source: string
  id: string
  time: string
  tbreceipt: string
  data: unknown
}

/**
 * One partial as the reference computes it: canonical text of key and cells, and the values presented from
 * them.
 */
export type Expected = {
  readonly window: number
  readonly group: string
  /** What `formatCells` must print. */
  readonly cells: string
  readonly values: Readonly<Record<string, Shown>>
}

/** What a measure shows. */
/** `rawJSON`: a number that no double is, with all of its digits. */
type Shown = number | string | boolean | null | { readonly rawJSON: string }

/**
 * The reference: plain, slow, and sharing no code with core or steps. Everything is computed from the list of
 * events by what design.md says; nothing is incremental.
 *
 * An event is a duplicate if its type, source and id were counted in an epoch at most `horizon` epochs before
 * its own.
 */
export function judge(
  received: readonly Received[],
  { horizon, epochLength }: { readonly horizon: number; readonly epochLength: number },
): readonly Judged[] {
  const countedIn = new Map<string, number[]>()
  return received.map(one => {
    const event = parseExact(one.json) as Attributes
    const identity = JSON.stringify([event.type, event.source, event.id])
    const epochs = countedIn.get(identity) ?? []
    const counted = !epochs.some(epoch => one.epoch - epoch <= horizon * epochLength)
    if (counted) countedIn.set(identity, [...epochs, one.epoch])
    return { ...one, event, counted }
  })
}

/** Every partial of a metric over the events of the epochs wanted. */
export function expectedPartials(
  judged: readonly Judged[],
  metric: MetricDeclaration,
  contracts: readonly ContractDeclaration[],
  wanted: (epoch: number) => boolean = () => true,
): readonly Expected[] {
  const contract = newest(contracts, metric.type)
  const field = (name: string) => fieldOf(contract, name)
  const by = (metric.by ?? []).map(field)
  const partials = new Map<string, { window: number; group: string; events: Attributes[] }>()
  for (const { event, counted, epoch } of judged) {
    if (!counted || event.type !== metric.type || !wanted(epoch)) continue
    if (!passes(metric.where ?? {}, field, event.data)) continue
    const window = windowOf(event.time, LENGTHS[metric.window])
    const group = groupOf(by, event.data)
    const key = `${window}|${group}`
    const partial = partials.get(key) ?? { window, group, events: [] }
    partial.events.push(event)
    partials.set(key, partial)
  }
  return [...partials.values()].map(({ window, group, events }) => ({
    window,
    group,
    cells: JSON.stringify(cellsOf(metric).map(cell => cellText(cell, field, events))),
    values: Object.fromEntries(
      Object.entries(metric.measures).map(([name, measure]) => [
        name,
        presentedOf(measure, metric, field, events),
      ]),
    ),
  }))
}

/** Receipts and counted events of a type and epoch. */
export function expectedTally(
  judged: readonly Judged[],
  type: string,
  epoch: number,
): { received: number; counted: number } {
  const all = judged.filter(each => each.event.type === type && each.epoch === epoch)
  return { received: all.length, counted: all.filter(each => each.counted).length }
}

const LENGTHS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

function newest(contracts: readonly ContractDeclaration[], type: string): ContractDeclaration {
  return contracts.filter(each => each.type === type).reduce((a, b) => (b.version > a.version ? b : a))
}

/** Digits below the millisecond are cut off before the text is read. */
function windowOf(time: string, length: number): number {
  const ms = msOf(time)
  const into = ((ms % length) + length) % length
  return ms - into
}

function msOf(time: string): number {
  return Date.parse(time.replace(/(\.\d{3})\d+/, '$1'))
}

function groupOf(by: readonly OracleField[], data: unknown): string {
  const parts = by.flatMap(field => {
    const value = field.read(data)
    if (value === undefined) return []
    const text = value instanceof NumberText ? valueText(field, value) : JSON.stringify(value)
    return [`${JSON.stringify(field.name)}:${text}`]
  })
  return `{${parts.join(',')}}`
}

type Cell = { readonly kind: string; readonly field: string | undefined }

/** The cells measures need, in order of first need: a mean needs a sum and a count of values. */
function cellsOf(metric: MetricDeclaration): readonly Cell[] {
  const needed = Object.values(metric.measures).flatMap((measure): Cell[] => {
    if (measure.kind === 'count' || (measure.kind === 'rate' && measure.field === undefined))
      return [{ kind: 'count', field: undefined }]
    if (measure.kind === 'ratio') return []
    const { kind, field } = measure
    if (kind === 'mean') return ['sum', 'count'].map(each => ({ kind: each, field }))
    if (kind === 'variance' || kind === 'stddev')
      return ['sum', 'squares', 'count'].map(each => ({ kind: each, field }))
    if (kind === 'rate') return [{ kind: 'sum', field }]
    return [{ kind: kind === 'distinct' ? 'registers' : kind === 'quantile' ? 'bins' : kind, field }]
  })
  const texts = needed.map(cell => JSON.stringify(cell))
  return needed.filter((_, i) => texts.indexOf(texts[i]!) === i)
}

type FieldNamed = (name: string) => OracleField

function cellText({ kind, field }: Cell, named: FieldNamed, events: readonly Attributes[]): string | null {
  if (field === undefined) return String(events.length)
  if (kind === 'first' || kind === 'last') return keptBy(kind, named(field), events)?.text ?? null
  if (kind === 'registers') return distinctText(distinctOf(textsOf(named(field), events)))
  if (kind === 'count') return String(present(named(field), events).length)
  const values = scaledOf(named(field), events)
  if (kind === 'bins') return sketchText(binsOf(values))
  if (values.length === 0) return null
  if (kind === 'squares') return String(total(values.map(value => value * value)))
  return String(kind === 'sum' ? total(values) : extreme(kind, values))
}

function presentedOf(
  measure: Measure,
  metric: MetricDeclaration,
  named: FieldNamed,
  events: readonly Attributes[],
): Shown {
  if (measure.kind === 'count') return events.length
  if (measure.kind === 'ratio') {
    const [a, b] = [measure.of, measure.to].map(name =>
      presentedOf(metric.measures[name]!, metric, named, events),
    )
    return a === null || b === null || toDouble(b) === 0 ? null : toDouble(a) / toDouble(b) + 0
  }
  const seconds = BigInt(LENGTHS[metric.window] / 1000)
  if (measure.field === undefined) return nearestDouble(BigInt(events.length), seconds)
  const field = named(measure.field)
  if (measure.kind === 'first' || measure.kind === 'last')
    return keptBy(measure.kind, field, events)?.shown ?? null
  if (measure.kind === 'distinct') {
    const texts = textsOf(field, events)
    // Never above the counts that the metric keeps.
    const keeps = (of?: string) => cellsOf(metric).some(each => each.kind === 'count' && each.field === of)
    const most = [...(keeps() ? [events.length] : []), ...(keeps(field.name) ? [texts.length] : [])]
    return Math.min(numberOf(distinctOf(texts)), ...most)
  }
  const values = scaledOf(field, events)
  if (values.length === 0) return null
  const unit = 10n ** BigInt(field.scale!)
  const exact = (kind: 'min' | 'max') => nearestDouble(extreme(kind, values), unit)
  if (measure.kind === 'quantile') {
    // Never beyond the extremes that the metric tells of the same field.
    const tells = (kind: string) =>
      Object.values(metric.measures).some(
        each => each.kind === kind && 'field' in each && each.field === measure.field,
      )
    const middle = quantileOf(values, measure.q, field.scale!)
    if (tells('max') && middle > exact('max')) return exact('max')
    return tells('min') && middle < exact('min') ? exact('min') : middle
  }
  if (measure.kind === 'rate') return nearestDouble(total(values), seconds * unit)
  if (measure.kind === 'variance') return varianceOf(values, unit)
  if (measure.kind === 'stddev') return values.length < 2 ? null : Math.sqrt(varianceOf(values, unit)!)
  if (measure.kind === 'mean') return nearestDouble(total(values), BigInt(values.length) * unit)
  return allDigits(measure.kind === 'sum' ? total(values) : extreme(measure.kind, values), field.scale!)
}

/** The double that is written with the digits of value / 10^scale, or those digits. */
function allDigits(value: bigint, scale: number): Shown {
  const double = nearestDouble(value, 10n ** BigInt(scale))
  const text = plainText(value, scale)
  const isWrittenSo = String(double) === text || (value < 10n ** 15n && value > -(10n ** 15n))
  return isWrittenSo ? double : { rawJSON: text }
}

function toDouble(shown: Shown | undefined): number {
  return Number(typeof shown === 'object' ? shown?.rawJSON : shown)
}

/** Milliseconds from the year 1 to 1970. */
const TO_1970 = 62_135_596_800_000

/**
 * The value of the event that is first or last by time, then by receipt; of a text its first thousand
 * characters.
 */
function keptBy(
  which: 'first' | 'last',
  field: OracleField,
  events: readonly Attributes[],
): { readonly text: string; readonly shown: Shown } | undefined {
  const having = events.filter(event => present(field, [event]).length > 0)
  having.sort((a, b) => msOf(a.time) - msOf(b.time) || (a.tbreceipt < b.tbreceipt ? -1 : 1))
  const event = having.at(which === 'first' ? 0 : -1)
  if (event === undefined) return undefined
  const value = field.read(event.data)
  const json =
    value instanceof NumberText
      ? valueText(field, value)
      : JSON.stringify(typeof value === 'string' ? value.match(/^.{0,1000}/su)![0] : value)
  const time = `${1_000_000_000_000_000 + TO_1970 + msOf(event.time)}`.slice(1)
  return { text: `${time} ${event.tbreceipt} ${json}`, shown: JSON.parse(json) as Shown }
}

function present(field: OracleField, events: readonly Attributes[]): readonly unknown[] {
  return events.map(({ data }) => field.read(data)).filter(value => value !== undefined && value !== null)
}

function textsOf(field: OracleField, events: readonly Attributes[]): readonly string[] {
  return present(field, events).map(value => valueText(field, value))
}

function scaledOf(field: OracleField, events: readonly Attributes[]): readonly bigint[] {
  return present(field, events).map(value => scaleText((value as NumberText).source, field.scale!))
}

/**
 * The sum of squared distances from the mean, over n − 1; everything n times as large, so that it stays
 * whole.
 */
function varianceOf(values: readonly bigint[], unit: bigint): number | null {
  const n = BigInt(values.length)
  if (n < 2n) return null
  const distances = values.map(value => n * value - total(values))
  return nearestDouble(total(distances.map(each => each * each)), n * n * (n - 1n) * unit * unit)
}

function total(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n)
}

function extreme(kind: string, values: readonly bigint[]): bigint {
  return values.reduce((a, b) => ((kind === 'min' ? b < a : b > a) ? b : a))
}
