import type { Field } from '../data/fields.ts'
import type { Group } from '../data/group.ts'
import type { Metric } from '../declare/metric-plan.ts'
import { isObject } from '../json/is-object.ts'

/** Whether a value is a group of a metric that has some of its fields, at most, each of its kind. */
export function isMetricGroup(
  metric: Pick<Metric, 'by'>,
  names: readonly string[],
  value: unknown,
): value is Group {
  if (!isObject(value)) return false
  return Object.entries(value).every(([name, own]) => {
    const field = metric.by.find(one => one.name === name)
    return field !== undefined && names.includes(name) && isOf(field, own)
  })
}

function isOf({ kind, nullable }: Field, value: unknown): boolean {
  if (value === null) return nullable
  if (kind === 'integer') return Number.isSafeInteger(value)
  if (kind === 'number') return typeof value === 'number'
  return typeof value === (kind === 'boolean' ? 'boolean' : 'string')
}
