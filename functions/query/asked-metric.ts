import type { Access } from '../../core/access/access.ts'
import { limitRows } from '../../core/access/limited-rows.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import type { MetricAnswer, MetricQuery, QueryMetric } from '../../steps/query-metric.ts'
import { readMetricQuery } from './metric-query.ts'

export type AskedMetricDeps = {
  readonly pipeline: Pick<Pipeline, 'metrics'>
  readonly queryMetric: QueryMetric
}

/** A question to a metric as its caller may put it. */
export type AskedMetric = {
  readonly metric: Metric
  /** With the rows that the caller is limited to. */
  readonly asked: MetricQuery
  /** Asks it, and shows what the caller may see. */
  readonly ask: () => Promise<MetricAnswer>
}

/**
 * Reads a question to a metric and keeps it to what its caller may see.
 *
 * @throws TributaryError `not_found`, `bad_request`, `forbidden`
 */
export function askedMetric(
  { pipeline, queryMetric }: AskedMetricDeps,
  name: string,
  query: URLSearchParams,
  access: Access,
): AskedMetric {
  const metric = metricNamed(pipeline, name)
  const wanted = readMetricQuery(metric, query)
  const asked = { ...wanted, where: limitRows(metric, wanted.where, access) }
  const ask = async () => {
    const answer = await queryMetric(asked)
    return { ...answer, provenance: withoutKeys(access, answer.provenance) }
  }
  return { metric, asked, ask }
}

/** @throws TributaryError `not_found` */
export function metricNamed({ metrics }: Pick<Pipeline, 'metrics'>, name: string): Metric {
  const metric = metrics.find(one => one.name === name)
  if (metric !== undefined) return metric
  throw new TributaryError(
    'not_found',
    `there is no metric "${name.slice(0, 100)}"; GET /v1/metrics lists them`,
  )
}

/**
 * Provenance as a caller may see it: what is held names groups of which the layers differ, and they are those
 * of all rows.
 */
export function withoutKeys(
  { where }: Access,
  provenance: MetricAnswer['provenance'],
): MetricAnswer['provenance'] {
  const { held } = provenance
  return where === undefined || held === undefined
    ? provenance
    : { ...provenance, held: { ...held, keys: [] } }
}
