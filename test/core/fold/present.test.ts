import { describe, expect, test } from 'vitest'
import type { CellValues } from '../../../core/cells/cells.ts'
import { addDistinct, folded } from '../../../core/cells/sketches/distinct-values.ts'
import { WINDOWS, type Window } from '../../../core/data/time.ts'
import { count, distinct, last, mean, rate, ratio, sum } from '../../../core/declare/measures.ts'
import { defineMetric, type MetricDeclaration } from '../../../core/declare/metric.ts'
import type { Metric } from '../../../core/declare/metric-plan.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { present } from '../../../core/fold/present.ts'
import { hostile } from '../sql/hostile-events.ts'

function metricOf(measures: MetricDeclaration['measures'], window: Window = 'minute'): Metric {
  const declaration = defineMetric({ name: 'm', type: hostile.type, window, measures })
  return compilePipeline({
    contracts: [{ file: 'hostile.ts', declaration: hostile }],
    metrics: [{ file: 'm.ts', declaration }],
    schedules: [],
  }).metrics[0]!
}

/** What a metric shows of cells under their names. */
function shown(metric: Metric, cells: Readonly<Record<string, CellValues[number]>>, window = metric.window) {
  return present(
    metric,
    metric.cells.map(({ name }) => cells[name] ?? null),
    WINDOWS[window],
  )
}

describe('a rate', () => {
  const metric = metricOf({ events: rate(), amount: rate('on'), total: sum('on'), mean: mean('on') })

  test('is a second of the window that is asked for, also when cells were rolled up to a coarser one', () => {
    const cells = { count: 7200, sum_on: 36_000 }
    expect(shown(metric, cells)).toMatchObject({ events: 120, amount: 6 })
    expect(shown(metric, cells, 'hour')).toMatchObject({ events: 2, amount: 0.1 })
    expect(shown(metric, cells, 'day')).toMatchObject({ events: 7200 / 86_400, amount: 360 / 86_400 })
  })

  test('of events is 0 where there are none, of a sum null where there is no value', () => {
    expect(shown(metric, { count: 0 })).toMatchObject({ events: 0, amount: null })
  })

  test('keeps the cells of a count and of a sum, which other measures share', () => {
    const names = metricOf({ events: count(), a: rate(), b: rate('n'), n: sum('n') }).cells.map(c => c.name)
    expect(names).toEqual(['count', 'sum_n'])
  })
})

describe('a ratio', () => {
  test('divides what two other measures show', () => {
    const metric = metricOf({ total: sum('on'), events: count(), each: ratio('total', 'events') })
    expect(metric.cells.map(({ name }) => name)).toEqual(['sum_on', 'count'])
    expect(shown(metric, { sum_on: 150, count: 4 })).toEqual({ total: 1.5, events: 4, each: 0.375 })
  })

  test('is null where it would divide by 0, or where either measure has nothing to show', () => {
    const metric = metricOf({ total: sum('on'), i: sum('i'), share: ratio('total', 'i') })
    expect(shown(metric, { sum_on: 150, sum_i: 0 })['share']).toBeNull()
    expect(shown(metric, { sum_on: 150, sum_i: null })['share']).toBeNull()
    expect(shown(metric, { sum_on: null, sum_i: 3 })['share']).toBeNull()
    expect(shown(metric, { sum_on: 0, sum_i: -3 })['share']).toBe(0)
  })

  test('takes the rates and last numbers of the window that is asked for', () => {
    const metric = metricOf({ per: ratio('events', 'level'), events: rate(), level: last('i') })
    const level = { time: 0, receipt: 'r', json: '2' }
    expect(shown(metric, { count: 7200, last_i: level })['per']).toBe(60)
    expect(shown(metric, { count: 7200, last_i: level }, 'hour')['per']).toBe(1)
  })

  test.each<[string, MetricDeclaration['measures'], string]>([
    ['a measure that is not there', { events: count(), r: ratio('events', 'other') }, 'name two of events'],
    ['itself', { events: count(), r: ratio('events', 'r') }, 'name two of events'],
    [
      'a measure by itself',
      { a: count(), b: sum('n'), r: ratio('a', 'a') },
      'divides "a" by itself; name two of a, b',
    ],
    [
      'another ratio',
      { a: count(), b: distinct('s'), r: ratio('a', 'b'), q: ratio('r', 'a') },
      'name two of a, b',
    ],
    ['a measure of texts', { a: count(), b: last('s'), r: ratio('a', 'b') }, 'name measures of numbers'],
    ['a measure of booleans', { a: count(), b: last('b'), r: ratio('b', 'a') }, 'name measures of numbers'],
  ])('of %s is refused', (_what, measures, remedy) => {
    expect(() => metricOf(measures)).toThrow(remedy)
  })
})

describe('a number of different values', () => {
  /** Registers of so many values, of which an estimate is above their number. */
  const registers = folded(hashesOf(86, 'rider'))

  test('is never above the count of events that the metric keeps', () => {
    expect(shown(metricOf({ d: distinct('s') }), { registers_s: registers })).toEqual({ d: 87 })
    const metric = metricOf({ d: distinct('s'), events: count() })
    expect(shown(metric, { registers_s: registers, count: 86 })).toEqual({ d: 86, events: 86 })
    expect(shown(metric, { registers_s: registers, count: 1000 })['d']).toBe(87)
  })

  test('is never above the count of values that the metric keeps', () => {
    const metric = metricOf({ d: distinct('on'), events: count(), mean: mean('on') })
    const cells = { registers_on: registers, count: 90, sum_on: 860, count_on: 86 }
    expect(shown(metric, cells)['d']).toBe(86)
  })
})

function hashesOf(size: number, prefix: string): number[] {
  const cell: number[] = []
  for (let i = 0; i < size; i++) addDistinct(cell, `${prefix}${i}`)
  return cell
}
