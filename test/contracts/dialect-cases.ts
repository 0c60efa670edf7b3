import {
  count,
  distinct,
  first,
  last,
  max,
  mean,
  min,
  quantile,
  stddev,
  sum,
  variance,
} from '../../core/declare/measures.ts'
import { defineMetric, type MetricDeclaration } from '../../core/declare/metric.ts'
import { compilePipeline, type Pipeline } from '../../core/declare/pipeline.ts'
import { hostile } from '../core/sql/hostile-events.ts'

const ODD = 'odd "key".~/.le\'af'

export const every = {
  events: count(),
  n_sum: sum('n'),
  n_min: min('n'),
  n_max: max('n'),
  n_mean: mean('n'),
  n_p95: quantile('n', 0.95),
  n_distinct: distinct('n'),
  i_sum: sum('i'),
  i_min: min('i'),
  i_p50: quantile('i', 0.5),
  i_distinct: distinct('i'),
  i_stddev: stddev('i'),
  n_variance: variance('n'),
  on_stddev: stddev('on'),
  nn_stddev: stddev('nn'),
  fine_stddev: stddev('fine'),
  oni_variance: variance('oni'),
  oni_mean: mean('oni'),
  oni_max: max('oni'),
  on_sum: sum('on'),
  on_p50: quantile('on', 0.5),
  on_distinct: distinct('on'),
  nn_sum: sum('nn'),
  nn_p50: quantile('nn', 0.5),
  fine_sum: sum('fine'),
  fine_p50: quantile('fine', 0.5),
  fine_distinct: distinct('fine'),
  s_distinct: distinct('s'),
  ons_distinct: distinct('ons'),
  b_distinct: distinct('b'),
  onb_distinct: distinct('onb'),
  t_distinct: distinct('t'),
  odd_distinct: distinct(ODD),
}

/** The first and last value of a field of every kind. */
const kept = Object.fromEntries(
  ['s', 'os', 'ns', 'ons', 'i', 'oi', 'oni', 'n', 'on', 'nn', 'fine', 'b', 'onb', 't', 'ont', ODD].flatMap(
    (field, i) => [
      [`first_${i}`, first(field)],
      [`last_${i}`, last(field)],
    ],
  ),
)

/** A metric over `hostile`: of what is not given, an hourly count. */
export const metric = (name: string, rest: Partial<MetricDeclaration>): MetricDeclaration =>
  defineMetric({ name, type: hostile.type, window: 'hour', measures: { events: count() }, ...rest })

export const wheres: Record<string, MetricDeclaration['where']> = {
  eq_text: { s: { eq: 'a\0b' } },
  eq_null: { ns: { eq: null } },
  eq_null_not_missing: { ons: { eq: null } },
  eq_null_never: { os: { eq: null } },
  in_mixed: { ons: { in: [null, '', '\ufeff', "'", 'x'.repeat(1000)] } },
  in_nothing: { s: { in: [] } },
  text_order: { s: { gt: '\uffff' } },
  text_range: { os: { gte: '"', lt: '\ufeff' } },
  number_scale: { n: { eq: 0.0000004 } },
  number_range: { on: { gt: -1000, lte: 999.995 } },
  number_in: { nn: { in: [null, 0, 1] } },
  number_huge: { n: { lt: 1e300 } },
  number_low: { n: { gt: -1e300, lt: 1e13 } },
  number_none: { n: { gt: 1e300 } },
  fine_tie: { fine: { gte: 0.0000000000000005 } },
  integer_edge: { i: { gte: Number.MAX_SAFE_INTEGER } },
  number_between: { n: { in: [0.0000004, 1], gt: 0.9999996 } },
  integer_between: { i: { gt: 4.5, lte: 999.5 }, oi: { lt: 1e300 } },
  integer_fraction: { oi: { gt: 0.4, lte: 1e6 } },
  integer_negative: { oni: { in: [-1, -1000, null] } },
  boolean: { b: { eq: true } },
  boolean_null: { onb: { in: [null, false] } },
  there: { j: { exists: true }, t: { exists: true } },
  gone: { ont: { exists: false } },
  gone_or_null: { ons: { exists: false } },
  nested: { [ODD]: { eq: null } },
  nested_there: { [ODD]: { exists: true, gte: 'a' } },
}

/** Every measure, filter, window and group over `hostile`. */
const declarations: readonly MetricDeclaration[] = [
  metric('every_hour', { measures: every }),
  metric('every_minute', { window: 'minute', by: ['b'], measures: every }),
  metric('every_day', { window: 'day', by: ['onb', 'b'], measures: every }),
  metric('kept_minute', { window: 'minute', by: ['b'], measures: { ...kept, p: quantile('n', 0.5) } }),
  metric('kept_day', { window: 'day', by: ['onb', 'b'], measures: kept }),
  metric('by_text', { window: 'day', by: ['s', 'os'] }),
  metric('by_null', { window: 'day', by: ['ns'] }),
  metric('by_both', { window: 'day', by: ['ons'] }),
  metric('by_number', { window: 'day', by: ['n'], measures: { events: count(), low: min('fine') } }),
  metric('by_numbers', { window: 'day', by: ['on', 'nn'] }),
  metric('by_fine', { window: 'day', by: ['fine'] }),
  metric('by_integer', { window: 'day', by: ['i', 'oni'] }),
  metric('by_instant', { by: ['t', 'ont'], measures: { events: count(), times: distinct('ont') } }),
  metric('by_nested', { by: [ODD, 'constructor'] }),
  ...Object.entries(wheres).map(([name, where]) =>
    metric(`where_${name}`, {
      window: 'day',
      by: ['b'],
      where: where!,
      measures: { events: count(), p: quantile('n', 0.5) },
    }),
  ),
]

/** A pipeline of metrics over `hostile`. */
export function pipelineOf(metrics: readonly MetricDeclaration[]): Pipeline {
  return compilePipeline({
    contracts: [{ file: 'hostile.ts', declaration: hostile }],
    metrics: metrics.map(declaration => ({ file: `${declaration.name}.ts`, declaration })),
    schedules: [],
  })
}

export const CASES = pipelineOf(declarations)
