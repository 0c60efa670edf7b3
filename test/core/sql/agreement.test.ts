import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CellValue, formatCell } from '../../../core/cells/cells.ts'
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
} from '../../../core/declare/measures.ts'
import { defineMetric, type MetricDeclaration } from '../../../core/declare/metric.ts'
import { emptyCells, type Metric } from '../../../core/declare/metric-plan.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { compileAccumulator } from '../../../core/fold/accumulate.ts'
import { aggregate, GROUP_COLUMN, type SketchPlan, WINDOW_COLUMN } from '../../../core/sql/aggregate.ts'
import { helpersOf } from '../../../core/sql/curated.ts'
import { query } from '../../../core/sql/query.ts'
import { typedRows } from '../../../core/sql/refine.ts'
import { type FolderLake, openFolderLake } from '../../../drivers/compose/folder-lake.ts'
import { rowsIn } from '../../contracts/lake-engine.ts'
import { hostile, hostileEvent, seeded } from './hostile-events.ts'

/** The JavaScript and the SQL side of every measure, filter and group agree cell for cell. */

const EVENTS = 100_000
const EPOCH = 3_600_000
const ODD = 'odd "key".~/.le\'af'

const every = {
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

const metric = (name: string, rest: Partial<MetricDeclaration>): MetricDeclaration =>
  defineMetric({ name, type: hostile.type, window: 'hour', measures: { events: count() }, ...rest })

const wheres: Record<string, MetricDeclaration['where']> = {
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

const pipeline = compilePipeline({
  contracts: [{ file: 'hostile.ts', declaration: hostile }],
  metrics: declarations.map(declaration => ({ file: `${declaration.name}.ts`, declaration })),
  schedules: [],
})
const contract = pipeline.latest.get(hostile.type)!

type Partials = Map<string, readonly (string | null)[]>

function inJavaScript(metric: Metric, events: readonly ReturnType<typeof hostileEvent>[]): Partials {
  const accumulator = compileAccumulator(metric)
  const partials = new Map<string, CellValue[]>()
  for (const [i, { time, data }] of events.entries()) {
    if (!accumulator.counts(data)) continue
    const key = `${accumulator.windowOf(time)}|${accumulator.groupOf(data)}`
    let cells = partials.get(key)
    if (cells === undefined) {
      cells = [...emptyCells(metric)]
      partials.set(key, cells)
    }
    accumulator.add(cells, data, time, receiptOf(i))
  }
  return new Map(
    [...partials].map(([key, cells]) => [key, cells.map((cell, i) => formatCell(metric.kinds[i]!, cell))]),
  )
}

const receiptOf = (i: number) => `${1_763_720_000_000 + i}-abcdef-0000000-000`

let folder: string
let opened: FolderLake
let events: ReturnType<typeof hostileEvent>[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agreement-'))
  opened = await openFolderLake({ folder })
  const random = seeded(20260131)
  events = Array.from({ length: EVENTS }, () => hostileEvent(random))
  const lines = events.map(({ time, data }, i) =>
    JSON.stringify({
      tbreceipt: receiptOf(i),
      tbepoch: EPOCH,
      tbtime: time,
      tbpartition: 0,
      specversion: '1.0',
      id: String(i),
      source: '/test',
      type: hostile.type,
      time: new Date(time).toISOString(),
      data,
    }),
  )
  // What the file holds is what both sides are given.
  events = lines.map((line, i) => ({ time: events[i]!.time, data: JSON.parse(line).data }))
  await writeFile(join(folder, 'raw.ndjson'), `${lines.join('\n')}\n`)
  const { engine } = opened
  await engine.session(async session => {
    const raw = { kind: 'raw', type: contract.type, epoch: EPOCH, parts: ['raw.ndjson'] } as const
    const rows = typedRows(engine.dialect, contract, helpersOf(pipeline.metrics), raw)
    await session.write(rows, 'curated.parquet', 'parquet')
  })
})

afterAll(async () => {
  opened?.close()
  await rm(folder, { recursive: true, force: true })
})

async function inSql(metric: Metric, sketches: SketchPlan): Promise<Partials> {
  const { engine } = opened
  const partials = aggregate(engine.dialect, metric, [rowsIn('curated.parquet')], {
    sketches,
    // Every value looked up in one plan, every value hashed in the other.
    dictionaries: metric.kinds.map(kind => kind === 'registers' && sketches === 'counted'),
  })
  const rows = await engine.session(session => session.rows(partials))
  return new Map(
    rows.map(row => [
      `${row[WINDOW_COLUMN]}|${row[GROUP_COLUMN]}`,
      metric.cells.map(cell => row[cell.name] as string | null),
    ]),
  )
}

test('events that nobody checked are read as checked ones are, where they have what is declared', async () => {
  const { engine } = opened
  const raw = { kind: 'raw', type: contract.type, epoch: EPOCH, parts: ['raw.ndjson'] } as const
  const read = (isUnchecked: boolean) =>
    typedRows(engine.dialect, contract, helpersOf(pipeline.metrics), raw, isUnchecked)
  const [found] = await engine.session(async session => {
    await session.execute(query`CREATE TEMP TABLE fresh AS ${read(true)}`)
    const differing = query`SELECT count(*) FROM (SELECT * EXCLUDE (unread) FROM fresh EXCEPT ALL ${read(false)})`
    return session.rows(
      query`SELECT count(*) AS n, count(unread) AS unread, (${differing}) AS differing FROM fresh`,
    )
  })
  expect(found).toEqual({ n: BigInt(EVENTS), unread: 0n, differing: 0n })
}, 60_000)

describe.each(pipeline.metrics.map(m => [m.name, m] as const))('%s', (_name, metric) => {
  const plans: readonly SketchPlan[] = metric.kinds.some(kind => kind === 'bins' || kind === 'registers')
    ? ['lists', 'counted']
    : ['lists']
  let expected: Partials | undefined
  test.each(plans)('cells of both layers are equal text (%s)', async sketches => {
    expected ??= inJavaScript(metric, events)
    const actual = await inSql(metric, sketches)
    expect(new Set(actual.keys())).toEqual(new Set(expected.keys()))
    for (const [key, cells] of expected) expect(actual.get(key), key).toEqual(cells)
  })
})
