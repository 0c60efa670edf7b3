import type { Metric, Registry } from 'prom-client'

/** A value with its labels; `name` where it is not the metric's own (`…_bucket`, `…_sum`). */
export type Sample = {
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
  readonly metricName?: string
}

export type Family = {
  /** In base units, as Prometheus names them: `_seconds`, `_bytes`; counters end in `_total`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: () => readonly Sample[] | Promise<readonly Sample[]>
}

/** Adds a metric whose samples are made when Prometheus asks for them. */
export function expose(registry: Registry, { name, help, type, samples }: Family): void {
  const get = async () => ({ name, help, type, aggregator: 'sum', values: await samples() })
  // The client's own kinds keep values of their own; a registry asks nothing else of a metric.
  registry.registerMetric({ name, get } as unknown as Metric)
}

/** The samples of a histogram: what fell into each bucket, the last one without an upper bound. */
export function histogramSamples(
  name: string,
  labels: Readonly<Record<string, string>>,
  { bounds, buckets, sum }: { bounds: readonly number[]; buckets: readonly number[]; sum: number },
): readonly Sample[] {
  let total = 0
  const counts = buckets.map((count, i) => {
    total += count
    return {
      metricName: `${name}_bucket`,
      labels: { ...labels, le: String(bounds[i] ?? '+Inf') },
      value: total,
    }
  })
  return [
    ...counts,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ]
}
