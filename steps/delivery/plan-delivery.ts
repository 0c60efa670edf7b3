import { type Month, monthBefore, parseMonth } from '../../core/data/month.ts'
import { formatInstant } from '../../core/data/time.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import type { BatchViews, Boundary } from '../../core/ports/views.ts'
import type { TaskResult } from '../batch/task.ts'

export type PlanDeliveryPorts = {
  readonly pipeline: Pipeline
  readonly batch: Pick<BatchViews, 'boundary'>
  /** ms. */
  readonly epochLength: number
}

export type PlanDeliveryTask = {
  /** As in `2026-10`; undefined: the month before the run's start. */
  readonly month: string | undefined
  /** Names; undefined: all. */
  readonly metrics: readonly string[] | undefined
  /** When the run started, ms since 1970. */
  readonly startedAt: number
}

/** One metric (its id) of a month. */
export type DeliveryWork = { readonly metric: string; readonly month: string }

export type PlanDelivery = (
  task: PlanDeliveryTask,
) => Promise<TaskResult<{ readonly month: string; readonly metrics: readonly DeliveryWork[] }>>

/**
 * Builds the plan of a delivery: which metrics of which month.
 *
 * @throws (the step) TributaryError `bad_request` for no month, or an unknown metric; `conflict` where a
 * metric is not published through the month
 */
export function createPlanDelivery(ports: PlanDeliveryPorts): PlanDelivery {
  return async ({ month: wanted, metrics: names, startedAt }) => {
    const month = wanted === undefined ? monthBefore(startedAt) : readMonth(wanted)
    const metrics = named(ports.pipeline, names)
    for (const metric of metrics) await boundaryThrough(ports, metric, month)
    const work = metrics.map(({ id }) => ({ metric: id, month: month.name }))
    return { month: month.name, metrics: work, report: { delivery: { month: month.name } } }
  }
}

/** @throws TributaryError `bad_request` */
export function readMonth(text: string): Month {
  const month = parseMonth(text)
  if (month !== undefined) return month
  throw new TributaryError('bad_request', `"month" must be a month such as 2026-10, not "${text}"`)
}

/**
 * The boundary of a metric, if it includes every epoch of a month.
 *
 * @throws TributaryError `conflict` naming how far it is
 */
export async function boundaryThrough(
  { batch, epochLength }: Omit<PlanDeliveryPorts, 'pipeline'>,
  metric: Metric,
  month: Month,
): Promise<Boundary> {
  const boundary = await batch.boundary(metric.id)
  if (boundary !== undefined && boundary.epoch + epochLength >= month.to) return boundary
  const through =
    boundary === undefined ? 'is not published yet' : `is published through ${formatInstant(boundary.epoch)}`
  throw new TributaryError(
    'conflict',
    `month ${month.name} cannot be delivered: ${metric.name} ${through}, and the month's last epoch begins at ` +
      `${formatInstant(month.to - epochLength)}; start it again after the batch run that publishes that epoch`,
  )
}

function named({ metrics }: Pipeline, names: readonly string[] | undefined): readonly Metric[] {
  if (names === undefined) return metrics
  if (names.length === 0)
    throw new TributaryError('bad_request', '"metrics" names none; leave it out for all')
  return [...new Set(names)].map(name => {
    const metric = metrics.find(one => one.name === name)
    if (metric !== undefined) return metric
    const known = metrics.map(one => one.name).join(', ')
    throw new TributaryError('bad_request', `no metric is called "${name}"; there are ${known}`)
  })
}
