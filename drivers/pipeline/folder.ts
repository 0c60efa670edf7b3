import { readdir, readFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ALERT_KEYS, type AlertDeclaration } from '../../core/declare/alerts/alert.ts'
import { CONTRACT_KEYS, type ContractDeclaration, defineContract } from '../../core/declare/contract.ts'
import {
  DASHBOARD_KEYS,
  type DashboardDeclaration,
  defineDashboard,
} from '../../core/declare/dashboards/dashboard.ts'
import type { Declared } from '../../core/declare/declared.ts'
import { refuseUnknownKeys } from '../../core/declare/known-keys.ts'
import { METRIC_KEYS, type MetricDeclaration } from '../../core/declare/metric.ts'
import { compilePipeline, type Pipeline } from '../../core/declare/pipeline.ts'
import { SCHEDULE_KEYS, type ScheduleDeclaration } from '../../core/declare/schedule.ts'
import { SOURCE_KEYS, type SourceDeclaration } from '../../core/declare/sources/source.ts'
import { TributaryError } from '../../core/errors.ts'
import { repeatedKey } from '../../core/json/repeated-key.ts'
import type { ModelDeclaration } from '../../core/models/model.ts'
import { isAbsent } from '../files/durable.ts'
import { remedyOutside } from './outside-project.ts'
import { isDeclaration, type Kind, refuseUnread } from './unread.ts'

/** What `compilePipeline` takes. */
export type Declarations = Parameters<typeof compilePipeline>[0]

const KEYS = {
  ...{ contracts: CONTRACT_KEYS, metrics: METRIC_KEYS, schedules: SCHEDULE_KEYS },
  ...{ alerts: ALERT_KEYS, dashboards: DASHBOARD_KEYS, sources: SOURCE_KEYS },
  models: ['name', 'text'],
} as const

/** Folders that a pipeline may do without. */
const OPTIONAL: ReadonlySet<Kind> = new Set(['alerts', 'dashboards', 'sources', 'models'])

/**
 * Loads the folder a user edits: the default exports of `contracts/`, `metrics/`, `schedules/`, `alerts/` and
 * `sources/` (TypeScript), contracts as plain JSON files with the same keys, `dashboards/` (JSON) and
 * `models/` (SQL). Any other file is refused, but for what declarations import, `README…`, hidden files
 * and backups of editors.
 *
 * @throws TributaryError `invalid_declaration` naming file, field and remedy
 */
export async function loadPipeline(folder: string): Promise<Pipeline> {
  return compilePipeline(await loadDeclarations(folder))
}

/** The declarations of the folder, each with its file, not yet checked against each other. */
export async function loadDeclarations(folder: string): Promise<Declarations> {
  const schedules = await loadAll<ScheduleDeclaration>(folder, 'schedules')
  await refuseMissingMachines(schedules)
  const contracts = await loadAll<ContractDeclaration>(folder, 'contracts', defineContract)
  const metrics = await loadAll<MetricDeclaration>(folder, 'metrics')
  const alerts = await loadAll<AlertDeclaration>(folder, 'alerts')
  const dashboards = await loadAll<DashboardDeclaration>(folder, 'dashboards', defineDashboard)
  const sources = await loadAll<SourceDeclaration>(folder, 'sources')
  const models = await loadAll<ModelDeclaration>(folder, 'models')
  await refuseUnread(folder)
  return { contracts, metrics, schedules, alerts, dashboards, sources, models }
}

const MACHINES = join(import.meta.dirname, '..', '..', 'state-machines')
const ENDING = '.asl.json'

/** A schedule of a machine that does not exist would fail each time it fires. */
async function refuseMissingMachines(schedules: readonly Declared<ScheduleDeclaration>[]): Promise<void> {
  const files = (await readdir(MACHINES)).filter(name => name.endsWith(ENDING))
  const machines = files.map(name => name.slice(0, -ENDING.length))
  for (const { file, declaration } of schedules)
    if (!machines.includes(declaration.machine))
      throw new TributaryError(
        'invalid_declaration',
        `${file}: schedule ${declaration.name} starts machine "${declaration.machine}", which does not exist; use one of ${machines.join(', ')}`,
      )
}

async function loadAll<T>(
  folder: string,
  kind: Kind,
  define?: (json: T) => T,
): Promise<readonly Declared<T>[]> {
  const directory = join(folder, kind)
  const names = await readdir(directory).catch((cause: unknown) => {
    if (OPTIONAL.has(kind) && isAbsent(cause)) return []
    throw new TributaryError(
      'invalid_declaration',
      `${directory}: cannot be read; a pipeline has this folder`,
      { cause },
    )
  })
  const wanted = names.filter(name => isDeclaration(`${kind}/${name}`)).sort()
  return Promise.all(wanted.map(name => loadOne(join(directory, name), folder, KEYS[kind], define)))
}

async function loadOne<T>(
  path: string,
  folder: string,
  keys: readonly string[],
  define?: (json: T) => T,
): Promise<Declared<T>> {
  const file = relative(join(folder, '..'), path)
  try {
    const declaration = await declarationIn(path, define)
    if (declaration === undefined)
      throw new Error('it has no default export; write `export default define…({ … })`')
    if (typeof declaration !== 'object' || declaration === null || Array.isArray(declaration))
      throw new Error('it declares no object; write `export default define…({ … })`')
    refuseUnknownKeys(declaration, keys)
    return { file, declaration }
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    const remedy = remedyOutside(cause, folder)
    const told = remedy === undefined ? problem : `${problem}: ${remedy}`
    throw new TributaryError('invalid_declaration', `${file}: ${told}`, { cause })
  }
}

async function declarationIn<T>(path: string, define?: (json: T) => T): Promise<T | undefined> {
  if (path.endsWith('.json')) return define!(parsed(await readFile(path, 'utf8')) as T)
  // A model is its text; the folder says that it is one.
  if (path.endsWith('.sql')) return { name: basename(path, '.sql'), text: await readFile(path, 'utf8') } as T
  return ((await import(pathToFileURL(path).href)) as { default?: T }).default
}

/** JSON in which every key counts: of two, JSON.parse would keep the last. */
function parsed(text: string): unknown {
  const value: unknown = JSON.parse(text)
  const repeated = repeatedKey(text)
  if (repeated === undefined) return value
  throw new Error(`line ${repeated.line} has the key "${repeated.key}" a second time; leave one of them`)
}
