/** An alarm as a packaged template has it, as far as its state depends on it. */
export type Alarm = {
  readonly AlarmName: string
  readonly ComparisonOperator: 'GreaterThanThreshold' | 'LessThanThreshold'
  readonly Threshold: unknown
  readonly EvaluationPeriods: number
  readonly DatapointsToAlarm?: number
  readonly TreatMissingData: 'breaching' | 'notBreaching'
  readonly MetricName?: string
  readonly Metrics?: readonly {
    readonly Id: string
    readonly Expression?: unknown
    readonly MetricStat?: { readonly Metric: { readonly MetricName: string } }
  }[]
}

/** Values of a metric, oldest first, a period each; null: none came. */
export type Series = readonly (number | null)[]

/**
 * The state of an alarm after the periods of some series, by metric name, as CloudWatch evaluates it: the
 * newest `EvaluationPeriods`, of which `DatapointsToAlarm` have to breach. Of expressions it reads
 * arithmetic, `IF`, `FILL(…, 0)`, `AND` and `==`. Source: CloudWatch User Guide, "Alarm evaluation" and
 * "Using metric math".
 *
 * @param values of stack parameters and mappings, by what refers to them
 */
export function stateOf(
  alarm: Alarm,
  series: Readonly<Record<string, Series>>,
  values: Readonly<Record<string, number>>,
): 'ALARM' | 'OK' {
  const points = pointsOf(alarm, series, values).slice(-alarm.EvaluationPeriods)
  const breaching = points.filter(point => isBreaching(alarm, point, numberOf(alarm.Threshold, values)))
  return breaching.length >= (alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods) ? 'ALARM' : 'OK'
}

function isBreaching(alarm: Alarm, point: number | null, threshold: number): boolean {
  if (point === null) return alarm.TreatMissingData === 'breaching'
  return alarm.ComparisonOperator === 'GreaterThanThreshold' ? point > threshold : point < threshold
}

function pointsOf(
  alarm: Alarm,
  series: Readonly<Record<string, Series>>,
  values: Readonly<Record<string, number>>,
): Series {
  const length = Math.max(...Object.values(series).map(({ length }) => length))
  const pointOf = (metric: string, at: number) => series[metric]?.[at] ?? null
  if (alarm.MetricName !== undefined) return Array.from({ length }, (_, at) => pointOf(alarm.MetricName!, at))
  const metrics = alarm.Metrics!.filter(({ MetricStat }) => MetricStat !== undefined)
  const expression = textOf(
    alarm.Metrics!.find(({ Expression }) => Expression !== undefined)!.Expression,
    values,
  )
  return Array.from({ length }, (_, at) =>
    calculated(
      expression,
      new Map(metrics.map(({ Id, MetricStat }) => [Id, pointOf(MetricStat!.Metric.MetricName, at)])),
    ),
  )
}

/** A missing value makes the whole missing, unless `FILL` stands around it. */
function calculated(expression: string, metrics: ReadonlyMap<string, number | null>): number | null {
  const unfilled = expression.replaceAll(/FILL\(\w+, 0\)/g, '')
  for (const [id, value] of metrics)
    if (value === null && new RegExp(`\\b${id}\\b`).test(unfilled)) return null
  const names = [...metrics.keys()]
  const script = expression.replaceAll(/\bAND\b/g, '&&').replaceAll('==', '===')
  const evaluate = new Function('IF', 'FILL', ...names, `return ${script}`) as (...all: unknown[]) => number
  const choose = (when: boolean, yes: number, no: number) => (when ? yes : no)
  const fill = (value: number | null, other: number) => value ?? other
  return evaluate(choose, fill, ...metrics.values())
}

/** A threshold: a number, or a reference to one. */
function numberOf(value: unknown, values: Readonly<Record<string, number>>): number {
  if (typeof value === 'number') return value
  const key = (value as { readonly 'Fn::FindInMap': readonly unknown[] })['Fn::FindInMap'].at(-1) as string
  return values[key]!
}

/** An expression with the stack's parameters in their places. */
function textOf(value: unknown, values: Readonly<Record<string, number>>): string {
  if (typeof value === 'string') return value
  const text = (value as { readonly 'Fn::Sub': string })['Fn::Sub']
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => String(values[name]))
}
