import { type Field, fieldsOf } from '../data/fields.ts'
import { TributaryError, toTributaryError } from '../errors.ts'
import { CURATED_EPOCH } from '../lake/lake-paths.ts'
import type { Model, ModelDeclaration } from '../models/model.ts'
import { compileModels } from '../models/models.ts'
import { readShape } from '../schema/read-shape.ts'
import type { ObjectShape } from '../schema/shape.ts'
import { type AlertDeclaration, defineAlert } from './alerts/alert.ts'
import { type Alert, resolveAlert } from './alerts/resolve-alert.ts'
import { type ContractDeclaration, defineContract } from './contract.ts'
import { type DashboardDeclaration, defineDashboard } from './dashboards/dashboard.ts'
import { type Dashboard, resolveDashboard } from './dashboards/resolve-dashboard.ts'
import { type Declared, fail, requireField } from './declared.ts'
import { defineMetric, type MetricDeclaration } from './metric.ts'
import type { Metric } from './metric-plan.ts'
import { resolveMetric } from './resolve-metric.ts'
import { type Retention, readRetention } from './retention.ts'
import { checkRunNames, type Declared as Named } from './run-input.ts'
import { defineSchedule, type ScheduleDeclaration } from './schedule.ts'
import { resolveSource, type Source } from './sources/resolve-source.ts'
import { defineSource, type SourceDeclaration } from './sources/source.ts'
import { refuseColumns, refuseSharedTables } from './table-limits.ts'

/** A contract with its fields resolved. */
export type Contract = Required<Pick<ContractDeclaration, 'type' | 'version' | 'sensitive' | 'dedupe'>> & {
  /** What an event's data may be, in normal form: everything else follows from it. */
  readonly data: ObjectShape
  readonly title: string
  readonly description: string
  readonly scale: number | undefined
  readonly retention: Retention
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
  /** By name. */
  readonly alerts: readonly Alert[]
  /** By name. */
  readonly dashboards: readonly Dashboard[]
  /** What the events of others' clients become, by name. */
  readonly sources: readonly Source[]
  /** Tables that are made of others by SQL, each after those that it reads. */
  readonly models: readonly Model[]
}

/** Columns that curated data adds to the fields of the contract. */
export const LINEAGE_COLUMNS = [
  'event_id',
  'event_source',
  'event_time',
  'received_at',
  'receipt',
  'epoch',
] as const

/**
 * Further columns of curated data, which no table of the warehouse has: see core/sql/curated.ts. The last is
 * one to other readers of its folders.
 */
export const CURATED_HELPERS = [
  ...['event_hash', 'event_partition', '__part', '__file', '__row'],
  CURATED_EPOCH,
] as const
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
  readonly alerts?: readonly Declared<AlertDeclaration>[]
  readonly dashboards?: readonly Declared<DashboardDeclaration>[]
  readonly sources?: readonly Declared<SourceDeclaration>[]
  readonly models?: readonly Declared<ModelDeclaration>[]
}): Pipeline {
  const { alerts = [], dashboards = [], sources = [], models = [] } = declared
  for (const { file, declaration } of declared.contracts) naming(file, () => defineContract(declaration))
  for (const { file, declaration } of declared.metrics) naming(file, () => defineMetric(declaration))
  for (const { file, declaration } of declared.schedules) naming(file, () => defineSchedule(declaration))
  for (const { file, declaration } of alerts) naming(file, () => defineAlert(declaration))
  for (const { file, declaration } of dashboards) naming(file, () => defineDashboard(declaration))
  for (const { file, declaration } of sources) naming(file, () => defineSource(declaration))
  refuseTwins(declared.contracts, c => `${c.type} version ${c.version}`)
  refuseTwins(declared.metrics, m => m.name)
  refuseTwins(declared.schedules, s => s.name)
  refuseTwins(alerts, a => a.name)
  refuseTwins(dashboards, d => d.name)
  refuseTwins(sources, s => s.name)
  refuseTwins(
    sources.filter(({ declaration }) => declaration.door !== 'hook'),
    s => `a source with door: '${s.door}'`,
  )
  const contracts = declared.contracts
    .map(resolveContract)
    .sort((a, b) => (a.type === b.type ? a.version - b.version : a.type < b.type ? -1 : 1))
  const latest = new Map(contracts.map(c => [c.type, c]))
  const metrics = declared.metrics.map(m => resolveMetric(m, latest)).sort(byName)
  refuseSharedTables(latest, metrics, name => fileNamed(declared, name))
  const compiled = compileModels(models, { latest, metrics })
  for (const { file, declaration } of declared.schedules)
    naming(file, () => refuseUndeclared(declaration, { metrics, latest, models: compiled }))
  const metricsOf = Map.groupBy(metrics, m => m.type)
  return {
    ...{ contracts, latest, metrics, metricsOf, schedules: declared.schedules.map(s => s.declaration) },
    alerts: alerts.map(alert => resolveAlert(alert, metrics)).sort(byName),
    dashboards: dashboards.map(dashboard => resolveDashboard(dashboard, metrics)).sort(byName),
    sources: sources.map(source => resolveSource(source, latest)).sort(byName),
    models: compiled,
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}

function refuseUndeclared({ name, machine, input = {} }: ScheduleDeclaration, declared: Named): void {
  try {
    checkRunNames(machine, input, declared)
  } catch (cause) {
    const { message } = toTributaryError(cause)
    throw new TributaryError('invalid_declaration', `schedule ${name}: ${message}`, { cause })
  }
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
    retention: readRetention(declaration.type, declaration.retention),
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
