import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readGraphs } from '../../console/build/state-graphs.ts'
import type { Run } from '../../console/data/api.ts'
import { eventOf, exampleOf, type Schema } from '../../console/data/example.ts'
import { ratesBetween, readExposition, totalsOf } from '../../console/data/exposition.ts'
import { layoutOf } from '../../console/data/graph-layout.ts'
import { progressOf } from '../../console/data/progress.ts'
import {
  addressOfQuestion,
  boundsBefore,
  boundsOf,
  queryOf,
  readQuestion,
} from '../../console/data/question.ts'
import { byReason } from '../../console/data/reasons.ts'
import { seriesOf } from '../../console/data/series.ts'
import { isProved, verdictOf } from '../../console/data/verdict.ts'
import { compileAcceptor } from '../../core/event/accept.ts'
import { createAjvValidators } from '../../drivers/validators/ajv.ts'
import { pipeline } from '../local/test-platform.ts'

const graphs = readGraphs(join(import.meta.dirname, '..', '..', 'state-machines'))

const RUN: Run = {
  ...{ id: 'r', machine: 'batch', input: {}, status: 'succeeded' },
  ...{ startedAt: '2026-01-31T12:00:00Z', endedAt: '2026-01-31T12:00:10Z' },
  states: [
    { name: 'Plan', enteredAt: '2026-01-31T12:00:00Z' },
    { name: 'Refine', enteredAt: '2026-01-31T12:00:01Z' },
    { name: 'RefineType', enteredAt: '2026-01-31T12:00:01Z' },
    { name: 'RefineType', enteredAt: '2026-01-31T12:00:03Z' },
    { name: 'Plan', enteredAt: '2026-01-31T12:00:04Z' },
    { name: 'Done', enteredAt: '2026-01-31T12:00:09Z' },
  ],
  report: {},
}

const reported = (different: number, problems: readonly string[] = []): Run => ({
  ...RUN,
  report: {
    epochs: {
      '20260131T110000Z': {
        reconciliation: {
          types: { t: { raw: 10, curated: 9, duplicates: 1, accepted: 10, counted: 9, problems } },
          metrics: { 'm.0a1b2c3d': { compared: 5, different }, 'n.00000000': { compared: 7, different: 0 } },
        },
      },
      '20260131T120000Z': { reconciliation: { types: { t: { raw: 1 } }, metrics: {} } },
    },
  },
})

describe('the verdict of a run', () => {
  test('adds up what its epochs compared', () => {
    expect(verdictOf(reported(0))).toEqual({
      ...{
        epochs: 2,
        types: 1,
        metrics: 2,
        events: 11,
        duplicates: 1,
        compared: 12,
        different: 0,
        problems: [],
      },
    })
  })

  test('is good only where nothing differs, in numbers or in counts of events', () => {
    expect([reported(0), reported(1), reported(0, ['short'])].map(run => isProved(verdictOf(run)!))).toEqual([
      ...[true, false, false],
    ])
    expect(verdictOf(RUN)).toBe(undefined)
  })
})

test('a run’s time in a state is added up over its turns; states inside a map belong to it', () => {
  const { visits, last, taken } = progressOf(RUN, graphs['batch'], 0)
  expect(visits.map(({ name, times, ms, inside }) => [name, times, ms, inside])).toEqual([
    ['Plan', 2, 6000, undefined],
    ['Refine', 1, 3000, undefined],
    ['RefineType', 2, undefined, 'Refine'],
    ['Done', 1, 1000, undefined],
  ])
  expect([last, [...taken]]).toEqual(['Done', ['Plan Refine', 'Refine Plan', 'Plan Done']])
})

describe('the drawing of a state machine', () => {
  test.each(Object.keys(graphs))('%s has every state of a run once, none over another', name => {
    const graph = graphs[name]!
    const { nodes, edges, width, height } = layoutOf(graph, new Set(graph.states.map(one => one.name)))
    expect(nodes.map(one => one.name).sort()).toEqual(graph.states.map(one => one.name).sort())
    for (const one of nodes) {
      expect(one.x >= 0 && one.x + one.width <= width && one.y + one.height <= height).toBe(true)
      const over = nodes.filter(
        other =>
          other !== one &&
          Math.abs(other.x - one.x) < one.width &&
          other.y < one.y + one.height &&
          one.y < other.y + other.height,
      )
      expect(over).toEqual([])
    }
    const drawn = new Set(edges.map(({ from, to }) => `${from.name} ${to.name}`))
    for (const { name: from, next } of graph.states)
      for (const to of next) expect(drawn).toContain(`${from} ${to}`)
  })

  test('leaves out ends of failures that no run came to', () => {
    const names = layoutOf(graphs['batch']!, new Set()).nodes.map(({ kind }) => kind)
    expect(names).not.toContain('Fail')
  })
})

describe('counters', () => {
  const text = (accepted: number) =>
    `# HELP x y\ntributary_events_accepted_total ${accepted}\ntributary_events_rejected_total{code="a"} 2\n` +
    `tributary_events_rejected_total{code="b {x} 9"} 3\ntributary_events_duplicate_total 1\n`

  test('are added up over their labels', () => {
    expect(totalsOf(readExposition(text(7)))).toEqual({ accepted: 7, rejected: 5, duplicates: 1 })
    expect(totalsOf(readExposition(''))).toEqual({ accepted: 0, rejected: 0, duplicates: 0 })
  })

  test('have a rate between two readings, and none over a start', () => {
    const reading = (at: number, accepted: number) => ({
      at,
      totals: totalsOf(readExposition(text(accepted))),
    })
    expect(ratesBetween(reading(0, 10), reading(2000, 30))).toEqual({
      accepted: 10,
      rejected: 0,
      duplicates: 0,
    })
    expect(ratesBetween(reading(0, 10), reading(2000, 3))).toBe(undefined)
    expect(ratesBetween(reading(0, 10), reading(0, 10))).toBe(undefined)
  })
})

describe('a question', () => {
  const metrics = pipeline.metrics.map(({ name, title, description, type, window, by, measures }) => ({
    ...{ name, title, description, type, window },
    by: by.map(({ name: field, kind, nullable }) => ({ name: field, kind, nullable })),
    measures: measures.map(({ name: measure }) => ({ name: measure, kind: 'count' })),
  }))

  test('is the same when its address is opened again, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...metrics),
        fc.constantFrom('1h', '7d', 'all', 'custom'),
        fc.array(fc.string(), { maxLength: 3 }),
        fc.boolean(),
        fc.boolean(),
        (metric, range, values, isGrouped, isCompared) => {
          const question = {
            ...{ metric, measure: metric.measures.at(-1)!.name, range, window: metric.window, isCompared },
            ...{ from: range === 'custom' ? '2026-01-01T00:00Z' : undefined },
            ...{ to: range === 'custom' ? '2026-01-02T00:00Z' : undefined },
            by: isGrouped ? metric.by.map(({ name }) => name) : [],
            where: metric.by.length === 0 ? [] : values.map(value => [metric.by[0]!.name, value] as const),
          }
          const address = new URL(addressOfQuestion(question), 'http://x')
          expect(readQuestion(address.searchParams, metrics)).toEqual(question)
        },
      ),
    )
  })

  test('of something that is not declared is the usual one', () => {
    const query = new URLSearchParams('metric=none&measure=none&window=second&by=nothing&where.no=1&range=x')
    expect(readQuestion(query, metrics)).toMatchObject({
      ...{ metric: metrics[0], measure: metrics[0]!.measures[0]!.name, by: [], where: [] },
    })
    expect(readQuestion(query, [])).toBe(undefined)
  })

  test('asks for whole windows, and for as long before', () => {
    const question = readQuestion(new URLSearchParams('metric=trips_hourly&range=24h'), metrics)!
    const now = Date.parse('2026-01-31T12:34:56Z')
    const bounds = boundsOf(question, now)
    expect(queryOf(question, bounds, 'batch')).toBe(
      'from=2026-01-30T12%3A00%3A00Z&window=hour&by=&layer=batch',
    )
    expect(boundsBefore(bounds, now)).toEqual({ from: now - 2 * 86_400_000, to: now - 86_400_000 })
    expect(boundsBefore({ from: undefined, to: undefined }, now)).toBe(undefined)
  })
})

test('what the batch layer has the same of is exact; all else is live', () => {
  const row = (window: string, origin: string, flights: number) => ({
    ...{ window, group: { origin }, values: { flights } },
  })
  const hour = (n: number) => `2026-01-31T1${n}:00:00Z`
  const merged = [row(hour(1), 'A', 5), row(hour(2), 'A', 7), row(hour(2), 'B', 90), row(hour(3), 'A', 1)]
  const batch = [row(hour(1), 'A', 5), row(hour(2), 'A', 6), row(hour(2), 'B', 90)]
  expect(
    seriesOf(merged, batch, 'flights').map(({ label, points }) => [
      label,
      points.map(({ value, batch: exact, isLive }) => [value, exact, isLive]),
    ]),
  ).toEqual([
    ['B', [[90, 90, false]]],
    [
      'A',
      [
        [5, 5, false],
        [7, 6, true],
        [1, undefined, true],
      ],
    ],
  ])
})

test('rejections are grouped by reason, those that are open first', () => {
  const rejection = (receipt: string, detail: string, replayed = false) => ({
    ...{ receipt, receivedAt: '2026-01-31T12:00:00Z', type: 't', id: receipt, code: 'c', detail, replayed },
    event: {},
  })
  const reasons = byReason([rejection('1', 'a', true), rejection('2', 'a', true), rejection('3', 'b')])
  expect(reasons.map(({ detail, open, events }) => [detail, open, events.length])).toEqual([
    ['b', 1, 1],
    ['a', 0, 2],
  ])
})

test('the sample event of each declared contract is one that it accepts', () => {
  const accept = compileAcceptor(pipeline, createAjvValidators())
  for (const { type, version, data } of pipeline.contracts) {
    const event = eventOf(type, version, exampleOf(data as Schema))
    expect([type, accept(event, 0)]).toMatchObject([type, { kind: 'accepted' }])
  }
})
