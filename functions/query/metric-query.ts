import { type CalendarWindow, windowsFrom } from '../../core/data/calendar.ts'
import type { Field } from '../../core/data/fields.ts'
import { givenInstant } from '../../core/data/given-instant.ts'
import { nearest } from '../../core/data/nearest.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { TributaryError } from '../../core/errors.ts'
import { MAX_ROWS } from '../../core/fold/rollup.ts'
import type { Order } from '../../core/fold/row-order.ts'
import type { Where } from '../../core/ports/views.ts'
import type { AsOf } from '../../steps/history/past-moment.ts'
import type { MetricQuery } from '../../steps/query-metric.ts'
import { instantOf, limitOf, single } from '../middleware/query-string.ts'

type Value = string | number | boolean | null

const LAYERS = ['merged', 'batch', 'speed'] as const
const WHERE = 'where.'
/** Most values of one field. */
const MAX_VALUES = 1000

/**
 * Reads the query string of a metric.
 *
 * @throws TributaryError `bad_request` naming the parameter and what would be right
 */
export function readMetricQuery(metric: Metric, query: URLSearchParams): MetricQuery {
  const from = instant(query, 'from')
  const to = instant(query, 'to')
  if (from !== undefined && to !== undefined && from > to)
    throw new TributaryError('bad_request', 'from is after to; give an earlier from')
  const window = windowOf(metric, single(query, 'window'))
  const timezone = timezoneOf(window ?? metric.window, single(query, 'timezone'))
  const by = groupOf(metric, single(query, 'by'))
  const order = orderOf(metric, by, single(query, 'order'))
  const asOf = asOfOf(single(query, 'asOf'))
  return {
    name: metric.name,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(window !== undefined && { window }),
    ...(timezone !== undefined && { timezone }),
    ...(by !== undefined && { by }),
    where: whereOf(metric, query),
    layer: layerOf(single(query, 'layer'), asOf),
    ...(order !== undefined && { order }),
    ...(query.has('limit') && { limit: limitOf(query, MAX_ROWS, MAX_ROWS) }),
    ...(asOf !== undefined && { asOf }),
  }
}

function instant(query: URLSearchParams, name: string): number | undefined {
  const text = single(query, name)
  return text === undefined ? undefined : instantOf(text, name)
}

function windowOf(metric: Metric, text: string | undefined): CalendarWindow | undefined {
  if (text === undefined) return undefined
  const windows = windowsFrom(metric.window)
  return (
    windows.find(window => window === text) ??
    bad('window', text, `one of ${windows.join(', ')}: ${metric.name} is declared by the ${metric.window}`)
  )
}

/** Minutes and hours are the same by all clocks but those that are half an hour apart, and never meant so. */
function timezoneOf(window: CalendarWindow, text: string | undefined): string | undefined {
  if (text === undefined || (window !== 'minute' && window !== 'hour')) return text
  const longer = windowsFrom('day').join(', ')
  throw new TributaryError(
    'bad_request',
    `timezone is for windows of ${longer}; give window, or leave it out`,
  )
}

function groupOf(metric: Metric, text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined
  const names = text === '' ? [] : text.split(',')
  for (const name of names) fieldOf(metric, 'by', name)
  // In declared order, each once: the order of a group's fields decides its canonical text.
  return metric.by.map(field => field.name).filter(name => names.includes(name))
}

function fieldOf(metric: Metric, parameter: string, name: string): Field {
  const names = metric.by.map(field => field.name)
  return (
    metric.by.find(field => field.name === name) ??
    bad(
      parameter,
      name,
      names.length === 0 ? 'nothing: the metric has no groups' : `fields of ${names.join(', ')}`,
    )
  )
}

/** Names separated by commas, each with a minus in front for the largest first. */
function orderOf(
  metric: Metric,
  by: readonly string[] | undefined,
  text: string | undefined,
): readonly Order[] | undefined {
  if (text === undefined) return undefined
  const fields = by ?? metric.by.map(field => field.name)
  const measures = metric.measures.map(({ name }) => name)
  return text.split(',').map(one => {
    const isDescending = one.startsWith('-')
    const name = isDescending ? one.slice(1) : one
    if (measures.includes(name)) return { by: { kind: 'values', name }, isDescending }
    if (fields.includes(name)) return { by: { kind: 'group', name }, isDescending }
    if (name === 'window') return { by: { kind: 'window' }, isDescending }
    return bad('order', one, `names of ${['window', ...fields, ...measures].join(', ')}, "-" in front or not`)
  })
}

/** A field that is named more than once may have any of the values. */
function whereOf(metric: Metric, query: URLSearchParams): Where {
  const where: Record<string, readonly Value[]> = {}
  for (const parameter of new Set(query.keys())) {
    if (!parameter.startsWith(WHERE)) continue
    const name = parameter.slice(WHERE.length)
    const field = metric.by.find(one => one.name === name) ?? noField(metric, parameter, name)
    const texts = query.getAll(parameter)
    if (texts.length > MAX_VALUES)
      throw new TributaryError(
        'bad_request',
        `"${name}" is given more than ${MAX_VALUES} values; ask in parts`,
      )
    where[name] = texts.map(text => typedValue(field, parameter, text))
  }
  return where
}

function noField({ name: metric, by }: Metric, parameter: string, name: string): never {
  const names = by.map(field => field.name)
  const near = nearest(name, names)
  const remedy =
    names.length === 0
      ? 'leave it out: the metric has no groups'
      : near === undefined
        ? `give ${names.map(one => WHERE + one).join(', ')}`
        : `did you mean ${WHERE}${near}?`
  throw new TributaryError(
    'bad_request',
    `parameter "${parameter.slice(0, 100)}" names no field that ${metric} is grouped by; ${remedy}`,
  )
}

function typedValue(field: Field, parameter: string, text: string): Value {
  if (field.nullable && text === 'null') return null
  switch (field.kind) {
    case 'integer': {
      const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
      return Number.isSafeInteger(value) ? value : bad(parameter, text, 'a whole number')
    }
    case 'number': {
      const value = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
      return Number.isFinite(value) ? value : bad(parameter, text, 'a number')
    }
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : bad(parameter, text, 'true or false')
    default:
      return text
  }
}

function layerOf(text: string | undefined, asOf: AsOf | undefined): MetricQuery['layer'] {
  if (asOf !== undefined && text !== undefined && text !== 'batch')
    return bad('layer', text, 'batch, or leave it out: with asOf it is the batch layer that answers')
  const wanted = text ?? (asOf === undefined ? 'merged' : 'batch')
  return LAYERS.find(layer => layer === wanted) ?? bad('layer', wanted, `one of ${LAYERS.join(', ')}`)
}

/** Ids of runs, as they are made here and by Step Functions. An instant has `-` or `:` in other places. */
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/

function asOfOf(text: string | undefined): AsOf | undefined {
  if (text === undefined) return undefined
  // A + that was not escaped arrives as a space.
  const instant = givenInstant(text.replace(' ', '+'))
  if (instant !== undefined) return { instant }
  return RUN_ID.test(text)
    ? { run: text }
    : bad('asOf', text, 'an instant such as 2026-01-31T12:00:00Z, a date, or the id of a run')
}

function bad(parameter: string, value: string, right: string): never {
  throw new TributaryError(
    'bad_request',
    `parameter "${parameter.slice(0, 100)}" cannot be "${value.slice(0, 100)}"; give ${right}`,
  )
}
