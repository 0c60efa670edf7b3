import { type Field, fieldsOf } from '../data/fields.ts'
import { CONDITIONS, type Filter, type FilterDeclaration } from '../data/filter.ts'
import { TributaryError, toTributaryError } from '../errors.ts'
import { scaleProblem } from '../measures/measure-type.ts'
import { MEASURES, type Measure } from '../measures/table.ts'
import { readShape } from '../schema/read-shape.ts'
import type { ObjectShape } from '../schema/shape.ts'
import { type ContractDeclaration, defineContract } from './contract.ts'
import { defineMetric, type MetricDeclaration } from './metric.ts'
import { fingerprint, type MeasureUse, type Metric, planCells } from './metric-plan.ts'
import { defineSchedule, type ScheduleDeclaration } from './schedule.ts'
import { refuseColumns, refuseMeasures, refuseSharedTables } from './table-limits.ts'

/** A contract with its fields resolved. */
export type Contract = Required<Pick<ContractDeclaration, 'type' | 'version' | 'sensitive' | 'dedupe'>> & {
  /** What an event's data may be, in normal form: everything else follows from it. */
  readonly data: ObjectShape
  readonly title: string
  readonly description: string
  readonly scale: number | undefined
  /** Leaves of the data, in declared order. */
  readonly fields: readonly Field[]
  readonly partitionBy: readonly Field[]
  readonly subject: Field | undefined
}

/** Everything the user declared, checked and resolved. */
export type Pipeline = {
  /** Every version of every type, by type then version. */
  readonly contracts: readonly Contract[]
  /** Newest version by type. */
  readonly latest: ReadonlyMap<string, Contract>
  readonly metrics: readonly Metric[]
  /** Metrics by event type. */
  readonly metricsOf: ReadonlyMap<string, readonly Metric[]>
  readonly schedules: readonly ScheduleDeclaration[]
}

/** A declaration with the file it came from, for error messages. */
export type Declared<T> = { readonly file: string; readonly declaration: T }

/** Columns that curated data adds to the fields of the contract. */
export const LINEAGE_COLUMNS = [
  'event_id',
  'event_source',
  'event_time',
  'received_at',
  'receipt',
  'epoch',
] as const

/** Columns that a metric's table has beside its group and measures. */
const METRIC_COLUMNS = ['window_start', 'group_key'] as const

/** Further columns of curated data, which no table of the warehouse has: see core/sql/curated.ts. */
const CURATED_HELPERS = ['event_hash', 'event_partition', '__part', '__file', '__row'] as const
const HELPER_ENDING = /__(?:present|text)$/

/**
 * Checks declarations against each other and resolves them.
 *
 * @throws TributaryError `invalid_declaration`: file, field and remedy
 */
export function compilePipeline(declared: {
  readonly contracts: readonly Declared<ContractDeclaration>[]
  readonly metrics: readonly Declared<MetricDeclaration>[]
  readonly schedules: readonly Declared<ScheduleDeclaration>[]
}): Pipeline {
  for (const { file, declaration } of declared.contracts) naming(file, () => defineContract(declaration))
  for (const { file, declaration } of declared.metrics) naming(file, () => defineMetric(declaration))
  for (const { file, declaration } of declared.schedules) naming(file, () => defineSchedule(declaration))
  refuseTwins(declared.contracts, c => `${c.type} version ${c.version}`)
  refuseTwins(declared.metrics, m => m.name)
  refuseTwins(declared.schedules, s => s.name)
  const contracts = declared.contracts
    .map(resolveContract)
    .sort((a, b) => (a.type === b.type ? a.version - b.version : a.type < b.type ? -1 : 1))
  const latest = new Map(contracts.map(c => [c.type, c]))
  const metrics = declared.metrics
    .map(m => resolveMetric(m, latest))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  refuseSharedTables(latest, metrics, name => fileNamed(declared, name))
  const metricsOf = Map.groupBy(metrics, m => m.type)
  return { contracts, latest, metrics, metricsOf, schedules: declared.schedules.map(s => s.declaration) }
}

function resolveContract({ file, declaration }: Declared<ContractDeclaration>): Contract {
  const data = naming(file, () => readShape(declaration.data, declaration.scale))
  const fields = fieldsOf(data, declaration.scale)
  refuseColumnClashes(file, fields)
  refuseColumns(file, fields)
  const find = (name: string, use: string) =>
    requireField(file, fields, name, `${use} of contract ${declaration.type}`)
  const partitionBy = declaration.partitionBy.map(name => find(name, 'partitionBy'))
  for (const field of partitionBy) {
    if (field.kind === 'json')
      fail(file, `partitionBy "${field.name}" is not a single value`, 'name a field inside it')
  }
  return {
    type: declaration.type,
    version: declaration.version,
    data,
    title: declaration.title ?? declaration.type,
    description: declaration.description ?? '',
    sensitive: (declaration.sensitive ?? []).map(name => find(name, 'sensitive').name),
    dedupe: declaration.dedupe ?? 'event',
    scale: declaration.scale,
    fields,
    partitionBy,
    subject: declaration.subject === undefined ? undefined : find(declaration.subject, 'subject'),
  }
}

function refuseColumnClashes(file: string, fields: readonly Field[]): void {
  const seen = new Map<string, string>(LINEAGE_COLUMNS.map(column => [column, 'a lineage column']))
  for (const column of CURATED_HELPERS) seen.set(column, 'a helper column')
  refuseKeysThatDifferInCase(file, fields)
  const names = new Set<string>()
  for (const field of fields) {
    if (names.has(field.name))
      fail(file, `there are two fields "${field.name}", one with a dot in its name`, 'rename one of them')
    names.add(field.name)
    if (HELPER_ENDING.test(field.column))
      fail(file, `field "${field.name}" ends as helper columns do`, 'rename the field')
    const other = seen.get(field.column)
    if (other !== undefined)
      fail(
        file,
        `field "${field.name}" becomes column ${field.column}, which ${other} has`,
        'rename the field',
      )
    seen.set(field.column, `field "${field.name}"`)
  }
}

/**
 * Engines that read nested data by typed structures take no two keys of one object that differ in case only.
 */
function refuseKeysThatDifferInCase(file: string, fields: readonly Field[]): void {
  const seen = new Map<string, string>()
  for (const { path, name } of fields) {
    for (let depth = 1; depth <= path.length; depth++) {
      const prefix = JSON.stringify(path.slice(0, depth))
      const other = seen.get(prefix.toLowerCase())
      if (other !== undefined && other !== prefix)
        fail(file, `field "${name}" has a key that differs from another in case only`, 'rename one of them')
      seen.set(prefix.toLowerCase(), prefix)
    }
  }
}

function resolveMetric(
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
  refuseMeasures(file, Object.keys(declaration.measures))
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

function requireField(file: string, fields: readonly Field[], name: string, use: string): Field {
  const field = fields.find(f => f.name === name)
  if (field !== undefined) return field
  fail(
    file,
    `${use} names "${name}", which the contract does not have`,
    `use one of ${fields.map(f => f.name).join(', ')}`,
  )
}

function requireScale(file: string, field: Field, use: string): void {
  const wrong = scaleProblem(field)
  if (wrong !== undefined) fail(file, `${use} ${wrong.problem}`, wrong.remedy)
}

function refuseTwins<T>(declared: readonly Declared<T>[], name: (declaration: T) => string): void {
  const seen = new Map<string, string>()
  for (const { file, declaration } of declared) {
    const other = seen.get(name(declaration))
    if (other !== undefined)
      fail(file, `${name(declaration)} is declared in ${other} too`, 'rename or remove one')
    seen.set(name(declaration), file)
  }
}

/** Puts the file's name before what is refused in it. */
function naming<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const { message } = toTributaryError(cause)
    throw new TributaryError('invalid_declaration', `${file}: ${message}`, { cause })
  }
}

function fileNamed(declared: Parameters<typeof compilePipeline>[0], name: string): string {
  const contract = declared.contracts.find(({ declaration }) => declaration.type === name)
  return (contract ?? declared.metrics.find(({ declaration }) => declaration.name === name))!.file
}

function fail(file: string, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `${file}: ${problem}; ${remedy}`)
}
