import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chartOf, fileWith, questionOf } from '../../console/data/pinned.ts'
import { type Metric, type Question, RANGES, windowsOf } from '../../console/data/question.ts'
import type { DashboardDeclaration } from '../../core/declare/dashboards/dashboard.ts'
import { compilePipeline } from '../../core/declare/pipeline.ts'
import { loadDeclarations } from '../../drivers/pipeline/folder.ts'
import { FOLDER, pipeline } from '../local/test-platform.ts'

const declared = await loadDeclarations(FOLDER)
const METRICS = pipeline.metrics.map(({ name, title, description, type, window, by, measures }) => ({
  ...{ name, title, description, type, window },
  by: by.map(({ name: field, kind }) => ({ name: field, kind })),
  measures: measures.map(({ name: measure, measure: { kind } }) => ({ name: measure, kind })),
})) as unknown as readonly Metric[]

const VALUES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  string: fc.stringMatching(/^[ -~]{0,8}$/),
  integer: fc.integer({ min: -1000, max: 1000 }).map(String),
  boolean: fc.boolean().map(String),
}

const question: fc.Arbitrary<Question> = fc.constantFrom(...METRICS).chain(metric =>
  fc.record({
    metric: fc.constant(metric),
    measure: fc.constantFrom(...metric.measures.map(({ name }) => name)),
    range: fc.constantFrom(...Object.keys(RANGES), 'all', 'custom'),
    from: fc.constant('2026-01-01T00:00Z'),
    to: fc.constantFrom('2026-02-01', undefined),
    window: fc.constantFrom(...windowsOf(metric)),
    by: fc.subarray(metric.by.map(({ name }) => name)),
    where: fc.uniqueArray(
      metric.by.length === 0
        ? fc.nat().map(() => ['', ''] as const)
        : fc
            .constantFrom(...metric.by)
            .chain(({ name, kind }) => VALUES[kind]!.map(value => [name, value] as const)),
      { maxLength: metric.by.length === 0 ? 0 : 3, selector: String },
    ),
    isCompared: fc.boolean(),
  }),
)

test('what is pinned is a dashboard that a start takes, and asks the question that it was pinned from', () => {
  fc.assert(
    fc.property(question, asked => {
      const file = fileWith(undefined, asked)
      const declaration = JSON.parse(file.text) as DashboardDeclaration
      const { dashboards } = compilePipeline({ ...declared, dashboards: [{ file: file.name, declaration }] })
      const back = questionOf(dashboards[0]!.charts[0] as never, METRICS)!
      const isCustom = asked.range === 'custom'
      expect({ ...back, where: [...back.where].sort() }).toEqual({
        ...asked,
        ...(isCustom ? {} : { from: undefined, to: undefined }),
        where: [...asked.where].sort(),
      })
    }),
  )
})

test('a chart is added to those that a dashboard has', () => {
  const [fleet] = pipeline.dashboards
  const asked = questionOf(fleet!.charts[0] as never, METRICS)!
  const { charts } = JSON.parse(fileWith(fleet as never, asked).text) as { charts: object[] }
  expect(charts.length).toBe(fleet!.charts.length + 1)
  expect(charts.at(-1)).toEqual(chartOf(asked))
})
