import { type CalendarWindow, windowsFrom } from '../data/calendar.ts'
import type { Group } from '../data/group.ts'
import { whichWasMeant } from '../data/nearest.ts'
import { isMetricGroup } from '../explain/group-asked.ts'
import type { Where } from '../ports/views.ts'
import { fail } from './declared.ts'
import type { Metric } from './metric-plan.ts'

/** What a declaration asks of a metric; each function throws `invalid_declaration` with file and remedy. */

export function requireMetric(file: string, name: string, metrics: readonly Metric[]): Metric {
  const found = metrics.find(metric => metric.name === name)
  if (found !== undefined) return found
  const names = metrics.map(metric => metric.name)
  const remedy = whichWasMeant(name, names, `declare it or use one of ${names.join(', ')}`)
  fail(file, `there is no metric "${name}"`, remedy)
}

export function requireMeasure(file: string, metric: Metric, name: string): Metric['measures'][number] {
  const names = metric.measures.map(measure => measure.name)
  return (
    metric.measures.find(measure => measure.name === name) ??
    fail(file, `${metric.name} has no measure "${name}"`, `use one of ${names.join(', ')}`)
  )
}

export function requireWindow(file: string, metric: Metric, asked: CalendarWindow): void {
  const windows = windowsFrom(metric.window)
  if (!windows.includes(asked))
    fail(file, `window "${asked}" is shorter than that of ${metric.name}`, `use one of ${windows.join(', ')}`)
}

/** Fields to group by, in the metric's order. */
export function requireBy(file: string, metric: Metric, names: readonly string[]): readonly string[] {
  const fields = metric.by.map(({ name }) => name)
  const unknown = Array.isArray(names) ? names.find(name => !fields.includes(name)) : String(names)
  if (unknown !== undefined) fail(file, `by "${unknown}" is no group of ${metric.name}`, groupsOf(fields))
  return fields.filter(name => names.includes(name))
}

type Declared = Readonly<Record<string, Group[string] | readonly Group[string][]>>

export function requireWhere(file: string, metric: Metric, declared: Declared): Where {
  const fields = metric.by.map(({ name }) => name)
  return Object.fromEntries(
    Object.entries(declared).map(([name, given]) => {
      if (!fields.includes(name))
        fail(file, `where "${name}" is no group of ${metric.name}`, groupsOf(fields))
      const values = [given].flat() as Where[string]
      const wrong = values.findIndex(value => !isMetricGroup(metric, fields, { [name]: value }))
      if (values.length === 0 || wrong >= 0)
        fail(file, `where "${name}" cannot be ${JSON.stringify(values[wrong])}`, 'give a value of its kind')
      return [name, values]
    }),
  )
}

function groupsOf(fields: readonly string[]): string {
  return fields.length === 0 ? 'leave it out: the metric has no groups' : `use one of ${fields.join(', ')}`
}
