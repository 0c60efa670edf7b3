import type { MetricAnswer } from './query-metric.ts'

type WithoutRows = Omit<MetricAnswer, 'rows'>

/** An answer as JSON, whose rows are written already. */
export function answerText(
  { metric, window, timezone, total, provenance }: WithoutRows,
  rows: string,
): string {
  const before = JSON.stringify({ metric, window, timezone })
  const after = JSON.stringify({ total, provenance })
  return `${before.slice(0, -1)},"rows":${rows},${after.slice(1)}`
}

/** What an answer says beside its rows, but for the moment at which it was asked. */
export function saidBeside({ metric, window, timezone, total, provenance }: WithoutRows): string {
  const { asOf: _, lagMs: __, ...rest } = provenance
  return JSON.stringify([metric, window, timezone, total, rest])
}
