import { type Month, monthBefore } from '../../core/data/month.ts'
import { formatInstant } from '../../core/data/time.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import { zoneOf } from '../../core/fold/rollup-windows.ts'
import type { BatchViews, Boundary } from '../../core/ports/views.ts'
import type { TaskResult } from '../batch/task.ts'
import { type Delivery, endOfLast, monthOf, windowsOf } from './delivery.ts'

export type PlanDeliveryPorts = {
  readonly pipeline: Pipeline
  readonly batch: Pick<BatchViews, 'boundary'>
  /** ms. */
  readonly epochLength: number
}

export type PlanDeliveryTask = {
  /** As in `2026-10`; undefined: the month before the run's start. */
  readonly month: string | undefined
  readonly window: Delivery['window']
  readonly timezone: string
  /** Names; undefined: all. */
  readonly metrics: readonly string[] | undefined
  /** When the run started, ms since 1970. */
  readonly startedAt: number
}

/** One metric (its id) of a delivery. */
export type DeliveryWork = { readonly metric: string; readonly delivery: Delivery }

export type PlanDelivery = (
  task: PlanDeliveryTask,
) => Promise<TaskResult<{ readonly delivery: Delivery; readonly metrics: readonly DeliveryWork[] }>>

/**
 * Builds the plan of a delivery: which metrics of which month, by which windows.
 *
 * @throws (the step) TributaryError `bad_request` for no month, no zone, an unknown metric, or windows that
 * it has not; `conflict` where a metric is not published through them
 */
export function createPlanDelivery(ports: PlanDeliveryPorts): PlanDelivery {
  return async ({ month: wanted, window, timezone, metrics: names, startedAt }) => {
    const month = wanted ?? monthBefore(startedAt, zoneOf(timezone)).name
    const delivery = { month, window, timezone }
    const metrics = named(ports.pipeline, names)
    for (const metric of metrics) await boundaryThrough(ports, metric, delivery)
    const work = metrics.map(({ id }) => ({ metric: id, delivery }))
    return { delivery, metrics: work, report: { delivery } }
  }
}

/**
 * The boundary of a metric, if it includes every epoch of the windows of a delivery.
 *
 * @throws TributaryError `bad_request` for windows that the metric has not; `conflict` naming how far it is
 */
export async function boundaryThrough(
  { batch, epochLength }: Omit<PlanDeliveryPorts, 'pipeline'>,
  metric: Metric,
  delivery: Delivery,
): Promise<Boundary> {
  const month = monthOf(delivery)
  const end = endOfLast(windowsOf(metric, delivery), month)
  const boundary = await batch.boundary(metric.id)
  if (boundary !== undefined && boundary.epoch + epochLength >= end) return boundary
  const through =
    boundary === undefined ? 'is not published yet' : `is published through ${formatInstant(boundary.epoch)}`
  throw new TributaryError(
    'conflict',
    `month ${month.name} cannot be delivered: ${metric.name} ${through}, and ${whose(month, end)} last epoch begins at ` +
      `${formatInstant(end - epochLength)}; start it again after the batch run that publishes that epoch`,
  )
}

function whose({ to }: Month, end: number): string {
  return end === to ? "the month's" : "its last window's"
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
