import { expect } from 'vitest'
import { formatCells } from '../../core/cells/cells.ts'
import { TALLY_GROUP, TALLY_WINDOW, tallyId } from '../../core/cells/tally.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { MetricPartial, RealTimeViews } from '../../core/ports/views.ts'
import { createQueryMetric, type QueryMetric } from '../../steps/query-metric.ts'
import { CLOCK } from '../arbitraries.ts'
import { memoryCountedSince } from '../counted-since.ts'
import type { Declared } from '../declared.ts'
import { type Expected, expectedPartials, expectedTally, type Judged, judge } from '../oracle.ts'
import { type LoggedRecord, receivedOf } from './received-log.ts'

const ALL = { from: undefined, to: undefined, groups: undefined, limit: 1_000_000 } as const

/** Everything the real-time views of epochs after `after` must say about a log, against the reference. */
export async function expectExact(
  declared: Declared,
  views: RealTimeViews,
  log: readonly LoggedRecord[],
  after?: number,
): Promise<void> {
  const judged = judge(receivedOf(log), CLOCK)
  const isWanted = (epoch: number) => after === undefined || epoch > after
  for (const metric of declared.pipeline.metrics) {
    const declaration = declared.metrics.find(each => each.name === metric.name)!
    const expected = expectedPartials(judged, declaration, declared.contracts, isWanted)
    const partials = await views.query({ metric: metric.id, ...ALL, after })
    expect(cellsByKey(metric, partials), metric.name).toEqual(expectedByKey(expected))
    await expectEpochsExact(
      declared,
      views,
      metric,
      judged.filter(({ epoch }) => isWanted(epoch)),
      judged,
    )
  }
  await expectTalliesExact(
    views,
    judged.filter(({ epoch }) => isWanted(epoch)),
  )
}

/** What reconciliation reads: each epoch alone. */
async function expectEpochsExact(
  { metrics, contracts }: Declared,
  views: RealTimeViews,
  metric: Metric,
  wanted: readonly Judged[],
  judged: readonly Judged[],
): Promise<void> {
  const declaration = metrics.find(each => each.name === metric.name)!
  for (const epoch of new Set(wanted.map(each => each.epoch))) {
    const expected = expectedPartials(judged, declaration, contracts, each => each === epoch)
    const found = await views.epoch({ metric: metric.id, epoch, keys: expected, findUnlisted: true })
    const texts = found.cells.map(cells =>
      cells === undefined ? undefined : formatCells(metric.kinds, cells),
    )
    expect(texts).toEqual(expected.map(({ cells }) => cells))
    expect(found).toMatchObject({ total: expected.length, unlisted: [] })
  }
}

async function expectTalliesExact(views: RealTimeViews, judged: readonly Judged[]): Promise<void> {
  for (const key of new Set(judged.map(({ event, epoch }) => `${event.type} ${epoch}`))) {
    const [type = '', epoch = ''] = key.split(' ')
    const keys = [{ window: TALLY_WINDOW, group: TALLY_GROUP }]
    const { cells } = await views.epoch({ metric: tallyId(type), epoch: Number(epoch), keys })
    const { received, counted } = expectedTally(judged, type, Number(epoch))
    expect(cells[0]).toEqual([received, counted])
  }
}

/** The query step's answers, as declared and rolled up to days without groups, against the reference. */
export async function expectAnswersExact(
  declared: Declared,
  views: RealTimeViews,
  log: readonly LoggedRecord[],
): Promise<void> {
  const judged = judge(receivedOf(log), CLOCK)
  const query = queryOf(declared, views)
  for (const declaration of declared.metrics) {
    const { name } = declaration
    const byFirst = (declaration.by ?? []).slice(0, 1)
    const whole = await query({ name, where: {}, layer: 'merged' })
    expect(answerOf(whole.rows)).toEqual(
      answerOf(rowsOf(expectedPartials(judged, declaration, declared.contracts))),
    )
    const daily = await query({ name, where: {}, layer: 'speed', window: 'day', by: byFirst })
    const coarser = { ...declaration, window: 'day' as const, by: byFirst }
    expect(answerOf(daily.rows)).toEqual(
      answerOf(rowsOf(expectedPartials(judged, coarser, declared.contracts))),
    )
  }
}

function queryOf({ pipeline }: Declared, views: RealTimeViews): QueryMetric {
  return createQueryMetric({
    pipeline,
    batchViews: {
      boundary: async () => undefined,
      query: async () => ({ boundary: undefined, partials: [] }),
    },
    realTimeViews: views,
    holds: { list: async () => [] },
    countedSince: memoryCountedSince(pipeline),
    readPast: undefined,
    epochLength: CLOCK.epochLength,
    speedLag: async () => 0,
    now: () => CLOCK.start,
  })
}

export type Row = { readonly window: string; readonly group: unknown; readonly values: Expected['values'] }

export function rowsOf(expected: readonly Expected[]): readonly Row[] {
  return expected.map(({ window, group, values }) => ({
    window: new Date(window).toISOString().replace('.000Z', 'Z'),
    group: JSON.parse(group) as unknown,
    values,
  }))
}

export function answerOf(rows: readonly Row[]): Record<string, unknown> {
  const answer = rows.map(({ window, group, values }) => [`${window} ${JSON.stringify(group)}`, values])
  expect(new Set(answer.map(([key]) => key)).size).toBe(rows.length)
  return Object.fromEntries(answer) as Record<string, unknown>
}

export function cellsByKey(metric: Metric, partials: readonly MetricPartial[]): Record<string, string> {
  return Object.fromEntries(
    partials.map(({ window, group, cells }) => [`${window}|${group}`, formatCells(metric.kinds, cells)]),
  )
}

export function expectedByKey(expected: readonly Expected[]): Record<string, string> {
  return Object.fromEntries(expected.map(({ window, group, cells }) => [`${window}|${group}`, cells]))
}
