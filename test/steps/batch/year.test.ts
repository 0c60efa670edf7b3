import { afterAll, beforeAll, expect, test } from 'vitest'
import { EPOCH, expectedViews, T0, visibleState } from './batch-kit.ts'
import { requestsOfS3 } from './year/meter.ts'
import { METRICS, openYear, TYPES } from './year/year-world.ts'

let year: Awaited<ReturnType<typeof openYear>>
beforeAll(async () => {
  year = await openYear()
})
afterAll(() => year.close())

test('requests of a batch and of a backfill after a year are those of the first day, within a tenth', async () => {
  for (const n of [0, 1, 2, 3]) await year.batchOf(n)
  const early = await year.measured(4)
  year.addYear()
  const late = await year.measured(5)
  for (const run of ['batch', 'backfill'] as const) {
    const [before, after] = [early[run], late[run]]
    expect(requestsOfS3(after)).toBeLessThanOrEqual(requestsOfS3(before) * 1.1)
    for (const of of ['dynamodb', 'reads', 'writes'] as const) {
      expect(after[of], `${run}: ${of}`).toBeLessThanOrEqual(before[of] * 1.1)
      expect(after[of]).toBeGreaterThan(0)
    }
  }
  const { views } = await visibleState(year.world, year.pipeline)
  for (const metric of METRICS)
    expect(views[metric.name]!.partials.filter(partial => Number.parseInt(partial, 10) >= T0)).toEqual(
      expectedViews(year.world, metric, T0 + 5 * EPOCH, TYPES),
    )
}, 120_000)
