import { addressOf } from './address.ts'
import type { Metrics } from './api.ts'

export type Metric = Metrics['metrics'][number]

/** What is asked of a metric, as the address of the page has it. */
export type Question = {
  readonly metric: Metric
  readonly measure: string
  /** A span up to now (`24h`), `all`, or `custom` with `from` and `to`. */
  readonly range: string
  readonly from: string | undefined
  readonly to: string | undefined
  readonly window: string
  /** Fields; none: one group. */
  readonly by: readonly string[]
  readonly where: readonly (readonly [field: string, value: string])[]
  readonly isCompared: boolean
}

export const WINDOWS = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const

/** Spans to choose, and how long they are, ms. */
export const RANGES: Readonly<Record<string, number>> = {
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
  '1y': 31_536_000_000,
}

/** A span that shows some dozens of windows of a length. */
const USUAL_RANGES: Readonly<Record<string, string>> = { minute: '1h', hour: '24h', day: '30d' }

/** Rows of one answer that are drawn and listed; more would be no chart. */
export const MOST_ROWS = 20_000

/** The windows that a metric can be asked for. */
export const windowsOf = (metric: Metric): readonly string[] =>
  WINDOWS.slice(Math.max(0, WINDOWS.indexOf(metric.window as (typeof WINDOWS)[number])))

/** Reads an address. What is missing, or is nothing of the metric's, is as usual. */
export function readQuestion(query: URLSearchParams, metrics: readonly Metric[]): Question | undefined {
  const metric = metrics.find(({ name }) => name === query.get('metric')) ?? metrics[0]
  if (metric === undefined) return undefined
  const fields = metric.by.map(({ name }) => name)
  const given = (name: string) => query.get(name) ?? undefined
  const window = windowsOf(metric).find(one => one === query.get('window')) ?? metric.window
  return {
    metric,
    measure:
      (metric.measures.find(({ name }) => name === query.get('measure')) ?? metric.measures[0])?.name ?? '',
    range: rangeOf(given('range'), window),
    from: given('from'),
    to: given('to'),
    window,
    by: (given('by') ?? '').split(',').filter(name => fields.includes(name)),
    where: [...query].flatMap(([name, value]) =>
      name.startsWith('where.') && fields.includes(name.slice(6)) ? [[name.slice(6), value] as const] : [],
    ),
    isCompared: query.get('compare') === 'previous',
  }
}

function rangeOf(text: string | undefined, window: string): string {
  const isKnown = text === 'all' || text === 'custom' || (text !== undefined && Object.hasOwn(RANGES, text))
  return isKnown ? text : (USUAL_RANGES[window] ?? '1y')
}

/** The address that has a question again. It can be handed on: it has no key. */
export function addressOfQuestion(question: Question): string {
  const { metric, measure, range, from, to, window, by, where, isCompared } = question
  const address = addressOf('/explore', {
    metric: metric.name,
    measure,
    range,
    ...(range === 'custom' && { from, to }),
    window,
    ...(by.length > 0 && { by: by.join(',') }),
    ...(isCompared && { compare: 'previous' }),
  })
  return address + where.map(([name, value]) => `&where.${name}=${encodeURIComponent(value)}`).join('')
}

/** From when to when, ms; undefined: without bound. */
export type Bounds = { readonly from: number | undefined; readonly to: number | undefined }

/** @param now ms */
export function boundsOf({ range, from, to }: Question, now: number): Bounds {
  if (range === 'all') return { from: undefined, to: undefined }
  if (range === 'custom') return { from: instant(from), to: instant(to) }
  return { from: now - RANGES[range]!, to: undefined }
}

/** As long, right before; undefined where there is no beginning to go back from. */
export function boundsBefore({ from, to }: Bounds, now: number): Bounds | undefined {
  if (from === undefined) return undefined
  return { from: from - ((to ?? now) - from), to: from }
}

function instant(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? undefined : ms
}

/** The query string by which the API answers a question. */
export function queryOf(question: Question, { from, to }: Bounds, layer?: 'batch'): string {
  const parameters = new URLSearchParams()
  if (from !== undefined) parameters.set('from', windowStart(from, question.window))
  if (to !== undefined) parameters.set('to', windowStart(to, question.window))
  parameters.set('window', question.window)
  parameters.set('by', question.by.join(','))
  for (const [name, value] of question.where) parameters.append(`where.${name}`, value)
  if (layer !== undefined) parameters.set('layer', layer)
  return parameters.toString()
}

const LENGTHS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** The instant at which its window starts, so that the first one is whole; of longer ones, its day. */
function windowStart(ms: number, window: string): string {
  const length = LENGTHS[window] ?? LENGTHS['day']!
  return `${new Date(Math.floor(ms / length) * length).toISOString().slice(0, 19)}Z`
}

/** How long a window is at least, ms. */
export const lengthOf = (window: string): number => LENGTHS[window] ?? LENGTHS['day']!

export const pathOf = ({ metric }: Question): string => `/v1/metrics/${encodeURIComponent(metric.name)}`

/** Measures whose numbers may be added up over windows and groups. */
export function isAdditive({ metric, measure }: Question): boolean {
  const kind = metric.measures.find(({ name }) => name === measure)?.kind
  return kind === 'count' || kind === 'sum'
}
