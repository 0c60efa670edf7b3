import { pathInstant } from '../../core/data/time.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import type { Relation } from '../../core/lake/relation.ts'
import type { Holds } from '../../core/ports/holds.ts'
import type { LakeSession } from '../../core/ports/lake-engine.ts'
import type { Boundary } from '../../core/ports/views.ts'
import { WINDOW_COLUMN } from '../../core/sql/aggregate.ts'
import { changedKeys, keysOf, orderedPartials, partialsUnder } from '../../core/sql/partials.ts'
import { query } from '../../core/sql/query.ts'
import { keepBefore } from '../history/keep-before.ts'
import { type ExportPorts, exportChanges } from './export-changes.ts'
import { heldBy, isHeld } from './held.ts'
import { metricOf } from './lookup.ts'
import { daysOf, epochOfPartials, epochsOn, isWhole, markWhole, noteDays } from './marks/window-index.ts'
import { add, type Combined, cellsOf, combined, partialRows } from './partial-rows.ts'
import { partialPlaces, partialsIn, placesOf } from './retention/all-partials.ts'
import { condensedBefore } from './retention/kept.ts'
import { openJournal, partialsAt, type SettlePorts, settle } from './settle.ts'
import type { MetricWork, TaskResult } from './task.ts'

export type PublishPorts = SettlePorts &
  ExportPorts & {
    readonly pipeline: Pipeline
    readonly holds: Pick<Holds, 'list'>
    /** Whether what batch views were is kept, so that answers of before can be given again. */
    readonly keepsHistory: boolean
  }

export type PublishResult = TaskResult<{
  readonly metric: string
  /** Keys whose cells the new generation changes. */
  readonly changed: number
}>

/** `run`: its id; what it has held is not published. */
export type Publish = (task: MetricWork & { readonly run: string }) => Promise<PublishResult>

/**
 * Builds the publish step: writes the batch views that include an epoch's partials as the next generation.
 * Readers see none of it until the boundary moves.
 *
 * An epoch after the boundary is combined with the committed cells. One before it takes the place of its
 * earlier partials: the keys that differ are combined anew from the partials of all epochs that have windows
 * of their days.
 */
export function createPublish(ports: PublishPorts): Publish {
  return async ({ metric: id, epoch, mode, run }) => {
    const metric = metricOf(ports.pipeline, id)
    if (isHeld(ports.pipeline, await heldBy(ports.holds, run, mode), id))
      return { metric: id, changed: 0, report: {} }
    await settle(ports, id)
    const boundary = await ports.batch.boundary(id)
    const generation = (boundary?.generation ?? 0) + 1
    const changed = await ports.engine.session(session => {
      const task = { ports, session, metric, epoch, boundary, generation }
      return writeGeneration(task, mode === 'append' ? appended(task) : recomputed(task))
    })
    if (ports.keepsHistory) await keepBefore(ports, metric, { epoch, generation })
    return {
      metric: id,
      changed,
      report: { epochs: { [pathInstant(epoch)]: { changed: { [id]: changed } } } },
    }
  }
}

type PublishTask = {
  readonly ports: PublishPorts
  readonly session: LakeSession
  readonly metric: Metric
  readonly epoch: number
  readonly boundary: Boundary | undefined
  readonly generation: number
}

type Chunks = AsyncGenerator<readonly Combined[]>

/** The epoch's partials on top of the committed cells. */
async function* appended({ ports, session, metric, epoch, generation }: PublishTask): Chunks {
  const { lake, engine, batch } = ports
  const { dialect } = engine
  const partials = await partialsAt(lake, { kind: 'staged-partials', metric: metric.id, epoch })
  if (partials === undefined) return
  await openJournal(session, { metric: metric.id, epoch, generation }, keysOf(dialect, [partials]))
  for await (const rows of partialRows(session, metric, orderedPartials(dialect, metric, [partials]))) {
    const committed = await batch.read(metric.id, rows)
    yield rows.map(({ window, group, ...row }, i) => ({
      window,
      group,
      cells: add(metric, cellsOf(metric, row), committed[i]),
    }))
  }
}

/** The keys whose partial differs, combined from the partials of every epoch through the boundary. */
async function* recomputed({ ports, session, metric, epoch, boundary, generation }: PublishTask): Chunks {
  const { lake, engine } = ports
  const { dialect } = engine
  const place = { metric: metric.id, epoch, generation }
  const before = await partialsAt(lake, { kind: 'partials', metric: metric.id, epoch })
  const after = await partialsAt(lake, { kind: 'staged-partials', metric: metric.id, epoch })
  const keys = await openJournal(session, place, changedKeys(dialect, metric, before, after))
  if (keys.rows === 0) return
  const others = await otherPartials({ ports, session, metric, epoch, boundary, generation }, keys)
  const partials = after === undefined ? others : [...others, after]
  const sql = partialsUnder(dialect, metric, keys, partials)
  yield* combined(metric, partialRows(session, metric, sql))
}

/** Partials of the other epochs that may have one of the keys. */
async function otherPartials(task: PublishTask, keys: Relation): Promise<readonly Relation[]> {
  const { ports, session, metric, epoch, boundary } = task
  const { lake } = ports
  if (boundary === undefined) return []
  const isIndexed = await isWhole(lake, metric.id)
  const places = isIndexed
    ? await placesOn(lake, metric.id, await daysOfKeys(ports, session, keys), boundary.epoch)
    : await partialPlaces(lake, metric.id, boundary.epoch)
  const others = await partialsIn(
    lake,
    places.filter(place => place.epoch !== epoch),
  )
  if (!isIndexed) await indexAll(task, others)
  return others
}

/** Where the partials are that may have windows of some days. */
async function placesOn(
  lake: PublishPorts['lake'],
  metric: string,
  days: ReadonlySet<number>,
  through: number,
) {
  const before = await condensedBefore(lake, metric)
  const condensed = [...days].filter(day => day < before)
  const epochs = [...(await epochsOn(lake, metric, days))].filter(epoch => epoch <= through)
  return placesOf(metric, before, [...condensed, ...epochs])
}

async function daysOfKeys({ engine }: PublishPorts, session: LakeSession, keys: Relation) {
  const window = engine.dialect.identifier(WINDOW_COLUMN)
  const rows = await session.rows(query`SELECT DISTINCT ${window} FROM ${engine.dialect.scan([keys])} AS k`)
  return daysOf(rows.map(row => Number(row[WINDOW_COLUMN])))
}

/** Makes the marks of a metric whose epochs an earlier version published without. */
async function indexAll({ ports, session, metric, epoch }: PublishTask, others: readonly Relation[]) {
  const { lake, engine } = ports
  const parts = others.flatMap(each => each.parts)
  if (parts.length > 0) {
    const window = engine.dialect.identifier(WINDOW_COLUMN)
    const all = engine.dialect.scanPlaced({ kind: 'partials', metric: metric.id, epoch, parts })
    const rows = await session.rows(query`SELECT DISTINCT __part, ${window} FROM ${all} AS p`)
    const byPart = Map.groupBy(rows, row => String(row['__part']))
    for (const [part, windows] of byPart)
      await noteDays(
        lake,
        metric.id,
        epochOfPartials(part)!,
        daysOf(windows.map(row => Number(row[WINDOW_COLUMN]))),
      )
  }
  await markWhole(lake, metric.id)
}

/**
 * Writes the chunks to the batch views and, where there is a warehouse, to files for it; answers how many
 * keys there were.
 */
async function writeGeneration(task: PublishTask, chunks: Chunks): Promise<number> {
  const { ports, metric, epoch, boundary, generation } = task
  let changed = 0
  const days = new Set<number>()
  async function* written(): Chunks {
    for await (const entries of chunks) {
      await ports.batch.write(metric.id, generation, entries)
      changed += entries.length
      for (const day of daysOf(entries.map(entry => entry.window))) days.add(day)
      yield entries
    }
  }
  await exportChanges(ports, metric, generation, written())
  await noteDays(ports.lake, metric.id, epoch, days)
  // Nothing of it was published before there were marks.
  if (boundary === undefined) await markWhole(ports.lake, metric.id)
  return changed
}
