import { resolve } from 'node:path'
import { horizonEpochs } from '../../../core/data/epoch.ts'
import {
  type ChangeNotice,
  changeNotices,
  versionNotices,
} from '../../../core/declare/changes/change-notices.ts'
import {
  checkVersions,
  compareContracts,
  type Incompatibility,
} from '../../../core/declare/changes/compatibility.ts'
import { historyProblems, type Remembered, remember } from '../../../core/declare/changes/remembered.ts'
import type { Pipeline } from '../../../core/declare/pipeline.ts'
import { requireLongerThan } from '../../../core/declare/retention.ts'
import { embeddedPaths } from '../../../drivers/compose/embedded.ts'
import { loadPipeline } from '../../../drivers/pipeline/folder.ts'
import { createAjvValidators } from '../../../drivers/validators/ajv.ts'
import { readStored } from '../../declarations.ts'
import { readSettings } from '../../settings.ts'
import { type Connection, connect } from '../client.ts'
import { deployedTypes } from '../deployed-types.ts'
import { type Environment, print, printTable, Unsuccessful } from '../environment.ts'

/** `tributary contracts list`. */
export async function listContracts(environment: Environment, flags: Connection): Promise<void> {
  const client = await connect(environment, flags)
  const { contracts } = await client.call('GET /v1/contracts')
  if (flags.json) return print(environment, JSON.stringify(contracts))
  printTable(environment, [
    ['type', 'version', 'title'],
    ...contracts.map(one => [one.type, `${one.version}${one.latest ? ' (latest)' : ''}`, one.title]),
  ])
}

export type CheckFlags = Connection & {
  readonly base?: string
  readonly pipeline?: string
  readonly deployed?: boolean
}

/**
 * `tributary contracts check`: loads the pipeline, compiles every contract, compares the versions of each
 * type, and all of it with what the data folder last ran with, as a start does. With `--base` every contract
 * is compared with its state in another pipeline folder (a checkout of the deployed one), with `--deployed`
 * all of it with the registry of a running platform, whose events stay.
 * Changes that are taken and do something all the same are noted, and fail nothing.
 */
export async function checkContracts(environment: Environment, flags: CheckFlags): Promise<void> {
  const settings = readSettings(environment.variables)
  const folder = flags.pipeline === undefined ? settings.pipeline : resolve(flags.pipeline)
  const pipeline = await loadPipeline(folder)
  const epochs = horizonEpochs(settings.dedupeHorizon, settings.epochLength)
  requireLongerThan(epochs * settings.epochLength, pipeline.latest.values())
  const validators = createAjvValidators()
  for (const contract of pipeline.contracts) validators.validatorOf(contract)
  const base = flags.base === undefined ? undefined : await loadPipeline(resolve(flags.base))
  const stored = await readStored({ ...embeddedPaths(settings.data), data: settings.data })
  const deployed = flags.deployed ? await deployedTypes(await connect(environment, flags)) : {}
  const found = unique<Incompatibility>([
    ...historyProblems(deployed, pipeline, ALL),
    ...(stored === undefined ? [] : historyProblems(stored.before, pipeline, stored.hasEvents)),
    ...checkVersions(pipeline.contracts),
    ...(base === undefined ? [] : compareWith(base, pipeline)),
  ])
  const notices = unique([
    ...changeNotices(deployed, pipeline, ALL),
    ...(stored === undefined ? [] : changeNotices(stored.before, pipeline, stored.hasEvents)),
    ...(base === undefined ? [] : changeNotices(typesOf(base), pipeline, ALL)),
    ...versionNotices(pipeline.contracts),
  ])
  if (flags.json)
    print(environment, JSON.stringify({ contracts: pipeline.contracts.length, incompatible: found, notices }))
  else printFound(environment, pipeline, found, notices)
  if (stored !== undefined && !flags.json)
    print(environment, `compared with what ${settings.data} last ran with, as a start compares`)
  if (found.length > 0) throw new Unsuccessful()
}

const ALL = () => true

/** Two comparisons may find the same. */
function unique<T>(found: readonly T[]): readonly T[] {
  return [...new Map(found.map(each => [JSON.stringify(each), each])).values()]
}

/** A folder of declarations as a data folder remembers it. */
function typesOf(base: Pipeline): Remembered {
  return remember({}, base, ALL)
}

function compareWith(base: Pipeline, pipeline: Pipeline): readonly Incompatibility[] {
  return base.contracts.flatMap(older => {
    const newer = pipeline.contracts.find(one => one.type === older.type && one.version === older.version)
    if (newer !== undefined) return compareContracts(older, newer)
    const { type, version } = older
    const problem = 'is gone; keep every version whose events may still come or be replayed'
    return [{ type, older: version, newer: version, field: 'contract', problem }]
  })
}

function printFound(
  environment: Environment,
  pipeline: Pipeline,
  found: readonly Incompatibility[],
  notices: readonly ChangeNotice[],
): void {
  for (const { type, older, newer, field, problem } of found)
    print(environment, `${type} ${older} → ${newer}: ${field} ${problem}`)
  for (const { type, older, newer, field, notice } of notices)
    print(environment, `note: ${type} ${older} → ${newer}: ${field} ${notice}`)
  const { contracts, metrics, schedules } = pipeline
  if (found.length === 0)
    print(
      environment,
      `${contracts.length} contracts, ${metrics.length} metrics, ${schedules.length} schedules: all right`,
    )
}
