import type { Field } from '../data/fields.ts'
import { CONDITIONS, type Filter, type FilterDeclaration } from '../data/filter.ts'
import { scaleProblem } from '../measures/measure-type.ts'
import { MEASURES, type Measure } from '../measures/table.ts'
import { type Declared, fail, requireField } from './declared.ts'
import type { MetricDeclaration } from './metric.ts'
import { fingerprint, type MeasureUse, type Metric, planCells } from './metric-plan.ts'
import type { Contract } from './pipeline.ts'
import { refuseMeasures } from './table-limits.ts'

/** Columns that a metric's table has beside its group and measures. */
const METRIC_COLUMNS = ['window_start', 'group_key'] as const

/**
 * A metric with its fields, filter and cells, checked against the newest contract of its type.
 *
 * @throws TributaryError `invalid_declaration`: file, what is wrong, and remedy
 */
export function resolveMetric(
  { file, declaration }: Declared<MetricDeclaration>,
  latest: ReadonlyMap<string, Contract>,
): Metric {
  const contract = latest.get(declaration.type)
  if (contract === undefined)
    fail(
      file,
      `type "${declaration.type}" has no contract`,
      `declare it or use one of ${[...latest.keys()].join(', ')}`,
    )
  const by = (declaration.by ?? []).map(name => requireField(file, contract.fields, name, 'by'))
  for (const field of by) {
    if (field.kind === 'json')
      fail(file, `by "${field.name}" is not a single value`, 'group by a field inside it')
    requireScale(file, field, 'by')
  }
  const resolved = Object.entries(declaration.measures).map(([name, measure]) => ({
    name,
    measure,
    field: measureField(file, contract.fields, name, measure),
  }))
  for (const each of resolved) checkMeasure(file, each, resolved)
  const columns = new Set<string>(METRIC_COLUMNS)
  for (const { name, column } of by) {
    if (columns.has(column))
      fail(file, `by "${name}" is there twice or has a reserved name`, 'leave it out or rename it')
    columns.add(column)
  }
  for (const { name } of resolved)
    if (columns.has(name))
      fail(file, `measure "${name}" has the name of a group column or a reserved one`, 'rename the measure')
  const metric = {
    name: declaration.name,
    title: declaration.title ?? declaration.name,
    description: declaration.description ?? '',
    type: declaration.type,
    window: declaration.window,
    by,
    filter: resolveFilter(file, contract.fields, declaration.where ?? {}),
    ...planCells(resolved),
  }
  refuseMeasures(file, metric)
  const withKinds = { ...metric, kinds: metric.cells.map(cell => cell.kind) }
  return { ...withKinds, id: `${metric.name}.${fingerprint(withKinds)}` }
}

function measureField(
  file: string,
  fields: readonly Field[],
  name: string,
  measure: Measure,
): Field | undefined {
  const field = MEASURES[measure.kind].field(measure)
  return field === undefined ? undefined : requireField(file, fields, field, `measure "${name}"`)
}

function checkMeasure(file: string, { name, measure, field }: MeasureUse, all: readonly MeasureUse[]): void {
  const resultOf = (other: string) => {
    const used = all.find(each => each.name === other)!
    return MEASURES[used.measure.kind].result(used.measure, used.field)
  }
  const wrong = MEASURES[measure.kind].checkUse(measure, { field, resultOf })
  if (wrong !== undefined) fail(file, `measure "${name}" ${wrong.problem}`, wrong.remedy)
}

function resolveFilter(file: string, fields: readonly Field[], where: FilterDeclaration): Filter {
  return Object.entries(where).map(([name, condition]) => {
    const field = requireField(file, fields, name, 'where')
    for (const [key, value] of Object.entries(condition)) {
      if (!(CONDITIONS as readonly string[]).includes(key))
        fail(file, `where "${name}" has no condition "${key}"`, `use ${CONDITIONS.join(', ')}`)
      if (key !== 'exists') checkOperand(file, field, key, value)
    }
    requireScale(file, field, 'where')
    return { field, condition }
  })
}

function checkOperand(file: string, field: Field, key: string, value: unknown): void {
  const expected =
    field.kind === 'integer' || field.kind === 'number'
      ? 'number'
      : field.kind === 'boolean'
        ? 'boolean'
        : 'string'
  if (field.kind === 'json' || field.kind === 'instant')
    fail(file, `where "${field.name}" is ${field.kind}, which only exists can test`, 'write { exists: true }')
  const values = key === 'in' ? value : [value]
  if (!Array.isArray(values)) fail(file, `where "${field.name}" in is not a list`, 'write { in: [ … ] }')
  const nullAllowed = key === 'eq' || key === 'in'
  for (const one of values) {
    if (typeof one !== expected && !(one === null && nullAllowed))
      fail(
        file,
        `where "${field.name}" ${key} ${JSON.stringify(one)} is not a ${expected}`,
        `give a ${expected}`,
      )
    if (key !== 'eq' && key !== 'in' && expected === 'boolean')
      fail(file, `where "${field.name}" ${key} compares booleans`, 'use eq')
  }
}

function requireScale(file: string, field: Field, use: string): void {
  const wrong = scaleProblem(field)
  if (wrong !== undefined) fail(file, `${use} ${wrong.problem}`, wrong.remedy)
}
