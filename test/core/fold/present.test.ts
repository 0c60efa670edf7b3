import { describe, expect, test } from 'vitest'
import type { CellValues } from '../../../core/cells/cells.ts'
import type { Window } from '../../../core/data/time.ts'
import { count, mean, rate, sum } from '../../../core/declare/measures.ts'
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
    window,
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
