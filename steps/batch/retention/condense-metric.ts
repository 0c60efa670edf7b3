import { floorTo, formatInstant } from '../../../core/data/time.ts'
import type { Metric } from '../../../core/declare/metric-plan.ts'
import { TributaryError, toTributaryError } from '../../../core/errors.ts'
import { keptOfMetric } from '../../../core/lake/retention-paths.ts'
import { type SettlePorts, settle } from '../settle.ts'
import { DAY } from './all-partials.ts'
import type { Budget } from './budget.ts'
import { type CondensedDay, condenseDay, forgetEpochs, nextDay } from './condense.ts'
import { markKept } from './kept.ts'

export type CondensePorts = SettlePorts & {
  /** ms since 1970. */
  readonly now: () => number
}

/** What was condensed of a metric, for the report. */
export type Condensed = {
  readonly epochs: number
  /** Before when all of them are. */
  readonly before: string
  /** Whether some are left for the next run. */
  readonly more: boolean
}

/**
 * Condenses the partials of a metric from one day on (ms, −∞: all) to before another, as far as the budget
 * goes; undefined where there are none.
 *
 * @throws TributaryError of the lake, naming the metric
 */
export async function condenseMetric(
  ports: CondensePorts,
  metric: Metric,
  { from, end }: { readonly from: number; readonly end: number },
  budget: Budget,
): Promise<Condensed | undefined> {
  const boundary = await ports.batch.boundary(metric.id)
  // One that was declared lately may have older epochs still to come.
  const last = Math.min(end, floorTo(boundary?.epoch ?? Number.NEGATIVE_INFINITY, DAY))
  if (last <= from) return undefined
  try {
    // What an earlier run has left of publishing takes its place first.
    await settle(ports, metric.id)
    return await condenseDays(ports, metric, { from, last }, budget)
  } catch (error) {
    throw notCondensed(metric, error)
  }
}

async function condenseDays(
  ports: CondensePorts,
  metric: Metric,
  { from, last }: { readonly from: number; readonly last: number },
  budget: Budget,
): Promise<Condensed | undefined> {
  const days: CondensedDay[] = []
  let before = from
  while (before < last && !budget.isSpent()) {
    const day = await nextDay(ports, metric.id, before, last)
    if (day !== undefined) days.push(await condenseDay(ports, metric, day))
    budget.spend()
    before = day === undefined ? last : day + DAY
  }
  if (before === from) return undefined
  const owner = keptOfMetric(metric.id)
  await markKept(ports.lake, { owner, kind: 'condensed', since: before, made: ports.now() })
  for (const day of days) await forgetEpochs(ports, metric.id, day)
  const epochs = days.reduce((sum, day) => sum + day.epochs, 0)
  return epochs === 0 ? undefined : { epochs, before: formatInstant(before), more: before < last }
}

function notCondensed({ name }: Metric, error: unknown): TributaryError {
  const { code, message } = toTributaryError(error)
  const kept = 'they are kept as they are, no number depends on it, and the next run tries again'
  const problem = `partials of ${name} cannot be condensed: ${message}; ${kept}`
  return new TributaryError(code, problem, { cause: error })
}
