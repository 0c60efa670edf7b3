import { staged } from '../../core/lake/lake-paths.ts'
import { modelAgain, modelEpoch, modelWhole, newestVersion, wholeName } from '../../core/lake/model-paths.ts'
import type { Relation } from '../../core/lake/relation.ts'
import { castColumns } from '../../core/models/engine-words.ts'
import { EPOCH_COLUMN, type Model, modelQuery } from '../../core/models/model.ts'
import type { LakeEngine, LakeSession } from '../../core/ports/lake-engine.ts'
import { type Query, query } from '../../core/sql/query.ts'
import type { Change } from './model-marks.ts'
import { asDeclared, type ModelSourcePorts, openSources, type Some, sourceEpochs } from './model-sources.ts'
import { type Failing, testModel } from './test-model.ts'

export type MakeModelPorts = ModelSourcePorts & {
  readonly engine: LakeEngine
  /** ms since 1970. */
  readonly now: () => number
}

/** What became of a model, or of one of its epochs. */
export type Made = { readonly rows: number; readonly failing: readonly Failing[]; readonly isShown: boolean }

/** Makes a model as a whole. Readers see what was before, or all of what is now. */
export async function makeWhole(
  ports: MakeModelPorts,
  model: Model,
): Promise<Made & { readonly change?: Change }> {
  const target = modelWhole(model.id)
  const before = (await ports.lake.list(target)).map(({ path }) => path)
  const version = newestVersion(before) + 1
  const sources = await openSources(ports, model.reads, () => undefined)
  return ports.engine.session(async session => {
    const rows = modelQuery(model, ports.engine.dialect, sources)
    const made = await make(ports, session, model, rows, { target, name: wholeName(version), epoch: 0 })
    if (!made.isShown) return made
    const old = { kind: 'model', model: model.id, epoch: 0, parts: before } as const
    const change = await changeOf(ports, session, model, before.length === 0 ? undefined : old, made.relation)
    await ports.lake.replace(staged(target), target)
    return { ...made, change }
  })
}

/** Makes an epoch of an incremental model, in the place of what the epoch had. */
export async function makeEpoch(ports: MakeModelPorts, model: Model, epoch: number): Promise<Made> {
  const { by, within } = model.header
  const target = modelEpoch(model.id, epoch)
  const own = await sourceEpochs(ports, by!, { from: epoch, through: epoch })
  if (own.length === 0) {
    await ports.lake.put(modelAgain(model.id, epoch), [])
    await ports.lake.remove(target)
    return { rows: 0, failing: [], isShown: true }
  }
  const someOf = (name: string): Some => {
    const reach = name === by ? 0 : within.get(name)
    return reach === undefined ? undefined : { from: epoch - reach, through: epoch + reach }
  }
  const sources = await openSources(ports, model.reads, someOf)
  return ports.engine.session(async session => {
    const { dialect } = ports.engine
    const instant = dialect.instantOfMs(String(epoch))
    const rows = query`SELECT r.*, ${instant} AS ${EPOCH_COLUMN} FROM (${modelQuery(model, dialect, sources)}) AS r`
    const made = await make(ports, session, model, rows, { target, name: 'data.parquet', epoch })
    if (!made.isShown) return made
    // Told before it is shown: loaded once more, it is the same.
    await ports.lake.put(modelAgain(model.id, epoch), [])
    await ports.lake.replace(staged(target), target)
    return made
  })
}

type Into = { readonly target: string; readonly name: string; readonly epoch: number }

/** Writes rows beside their place, and tests them there. */
async function make(
  ports: MakeModelPorts,
  session: LakeSession,
  model: Model,
  rows: Query,
  { target, name, epoch }: Into,
): Promise<Made & { readonly relation: Relation }> {
  const { dialect } = ports.engine
  const path = `${staged(target)}/${name}`
  await ports.lake.remove(staged(target))
  const written = await session.write(
    query`SELECT ${castColumns(dialect, model.columns)} FROM (${rows}) AS m`,
    path,
    'open-parquet',
  )
  const relation: Relation = { kind: 'model', model: model.id, epoch, parts: [path] }
  const failing = await testModel(ports, session, model, asDeclared(dialect, model.columns, [relation]))
  const isShown = !failing.some(({ severity }) => severity === 'error')
  return { rows: written.rows, failing, isShown, relation }
}

/**
 * Since when a history has changed: rows of it that are new, or gone, count from their beginning, and those
 * that end at another time from the earlier of both ends. Of another model nobody asks.
 */
async function changeOf(
  { engine: { dialect } }: MakeModelPorts,
  session: LakeSession,
  model: Model,
  before: Relation | undefined,
  after: Relation,
): Promise<Change> {
  if (model.header.kind !== 'scd2' || before === undefined) return { since: 0 }
  const names = model.columns
    .map(({ name }) => name)
    .filter(name => name !== 'valid_to' && name !== 'is_current')
  const columns = names.map(dialect.identifier).join(', ')
  const [a, b] = [before, after].map(each => asDeclared(dialect, model.columns, [each])) as [Query, Query]
  const differing = (list: string) =>
    query`((SELECT ${list} FROM ${a} AS a EXCEPT SELECT ${list} FROM ${b} AS b) UNION ALL (SELECT ${list} FROM ${b} AS b EXCEPT SELECT ${list} FROM ${a} AS a))`
  const [row] = await session.rows(
    query`SELECT ${dialect.msOfInstant('min(changed)')} AS since FROM (SELECT valid_from AS changed FROM ${differing(columns)} AS d UNION ALL SELECT valid_to FROM ${differing(`${columns}, valid_to`)} AS e) AS f`,
  )
  const since = row?.['since']
  return since === null || since === undefined ? { epochs: [] } : { since: Number(since) }
}
