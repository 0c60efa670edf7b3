import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { tallyId } from '../../../core/cells/tally.ts'
import { floorTo } from '../../../core/data/time.ts'
import { HISTORY, MOVES } from '../../../core/lake/history-paths.ts'
import { partialsOfMetric } from '../../../core/lake/lake-paths.ts'
import { keptOfType } from '../../../core/lake/retention-paths.ts'
import type { Run } from '../../../core/ports/runs.ts'
import type { BatchViews } from '../../../core/ports/views.ts'
import { orderedPartials } from '../../../core/sql/partials.ts'
import { openBatchEnvironment, openBatchViews } from '../../../drivers/compose/embedded.ts'
import type { FolderLake } from '../../../drivers/compose/folder-lake.ts'
import { moveDurably } from '../../../drivers/files/durable.ts'
import { checkLmdb } from '../../../drivers/lmdb/check.ts'
import { createLmdbRuns, verifyLmdbRuns } from '../../../drivers/runs/lmdb.ts'
import { verifyLmdbBatchViews } from '../../../drivers/views/lmdb.ts'
import { curatedEpochs, epochsIn } from '../../../steps/batch/lookup.ts'
import { combined, partialRows } from '../../../steps/batch/partial-rows.ts'
import { type PartialPlace, partialPlaces, partialsIn } from '../../../steps/batch/retention/all-partials.ts'
import { condensedBefore, keptMarks, keptSince } from '../../../steps/batch/retention/kept.ts'
import { settle } from '../../../steps/batch/settle.ts'
import { problemOf } from '../finding.ts'
import type { Patient } from '../patient.ts'
import { INTERRUPTED } from '../repairs.ts'
import { requireBatch } from '../require-intact.ts'
import type { LostPartial } from './partials.ts'

/** Runs that are carried over from a damaged environment, at most. */
const MOST_RUNS = 1000

const LOST =
  'they need the partials that are left: put a copy of those there and run it again, or run "npx tributary doctor --accept-loss" to go on without what they counted; until then the start is refused'

/** Through which epoch each type is published, as batch views say that are sound. */
export async function typeBoundaries({ paths, pipeline }: Patient): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  if (!existsSync(paths.batch)) return found
  const root = openBatchEnvironment(paths)
  try {
    const batch = openBatchViews(root, pipeline)
    for (const type of pipeline.latest.keys()) {
      const boundary = await batch.boundary(tallyId(type))
      if (boundary !== undefined) found.set(type, boundary.epoch)
    }
    return found
  } finally {
    await root.close()
  }
}

/**
 * What is wrong with batch views and runs, so that they have to be made anew, which `rebuildBatch` does once
 * the partials are right; undefined where nothing is. What an interrupted run left of publishing is ended.
 */
export async function batchProblem(patient: Patient, lake: FolderLake): Promise<string | undefined> {
  if (patient.repairs.left.has('batch')) return INTERRUPTED
  return (
    (await checkBatch(patient)) ?? (await settleAll(patient, lake)) ?? (await behindPartials(patient, lake))
  )
}

/** Checks the environment of batch views and runs. */
async function checkBatch({ paths }: Patient): Promise<string | undefined> {
  try {
    requireBatch(paths)
    if (!existsSync(paths.batch)) return undefined
    checkLmdb(paths.batch, true)
    const root = openBatchEnvironment(paths)
    try {
      verifyLmdbBatchViews(root)
      verifyLmdbRuns(root)
    } finally {
      await root.close()
    }
    return undefined
  } catch (error) {
    return problemOf(error)
  }
}

/**
 * Ends what an interrupted run left of publishing, as the next run would.
 * @returns what is wrong where that cannot be done
 */
async function settleAll({ paths, pipeline }: Patient, { lake, engine }: FolderLake) {
  const root = openBatchEnvironment(paths)
  try {
    const batch = openBatchViews(root, pipeline)
    for (const { id } of pipeline.metrics) await settle({ lake, engine, batch }, id)
    return undefined
  } catch (error) {
    return problemOf(error)
  } finally {
    await root.close()
  }
}

/** Partials take their place after their boundary: views that end before them are not all of the views. */
async function behindPartials({ paths, pipeline }: Patient, { lake }: FolderLake) {
  const root = openBatchEnvironment(paths)
  try {
    const batch = openBatchViews(root, pipeline)
    for (const { id, name } of pipeline.metrics) {
      const newest = (await epochsIn(lake, partialsOfMetric(id))).at(-1)
      if (newest !== undefined && newest > ((await batch.boundary(id))?.epoch ?? -Infinity))
        return `its views of ${name} end before the newest partials do`
    }
    return undefined
  } finally {
    await root.close()
  }
}

/**
 * Makes batch views and boundaries anew from the partials of every epoch, beside those there are, which they
 * then replace. An epoch that was just being published counts as not published: the next run does it.
 *
 * @param lost partials that cannot be read, nor made again
 * @returns false where something is lost, and nobody has accepted that
 */
export async function rebuildBatch(
  patient: Patient,
  lake: FolderLake,
  problem: string,
  lost: readonly LostPartial[],
): Promise<boolean> {
  const { paths, findings, data, acceptLoss } = patient
  const file = relative(data, join(paths.batch, 'data.mdb'))
  if (lost.length > 0 && !acceptLoss) {
    findings.left(file, problem, LOST)
    return false
  }
  const runs = await readableRuns(patient)
  // What views were before is told by generations, which begin anew.
  for (const folder of ['journal', 'exports', HISTORY, MOVES]) await lake.lake.remove(folder)
  await buildAside(patient, lake, lost, runs)
  const kept =
    runs.length === 0 ? 'the record of runs begins anew' : `${runs.length} records of runs were kept`
  findings.repaired(file, problem, `batch views were made anew from partials; ${kept}`)
  return true
}

async function buildAside(
  patient: Patient,
  lake: FolderLake,
  lost: readonly LostPartial[],
  runs: readonly Run[],
): Promise<void> {
  const { paths, pipeline } = patient
  // LMDB takes a path with a dot in its name for a file's.
  const aside = `${paths.batch}-unfinished`
  await rm(aside, { recursive: true, force: true })
  const root = openBatchEnvironment({ ...paths, batch: aside })
  try {
    await writeViews(patient, lake, openBatchViews(root, pipeline), lost)
    const store = createLmdbRuns(root)
    for (const run of runs) await store.put(run)
    await root.flushed
  } finally {
    await root.close()
  }
  await rm(paths.batch, { recursive: true, force: true })
  await moveDurably(aside, paths.batch)
}

async function readableRuns({ paths }: Patient): Promise<readonly Run[]> {
  try {
    checkLmdb(paths.batch, true)
  } catch {
    return [] // checkBatch has named it; a file that cannot be opened has no runs to carry over
  }
  if (!existsSync(paths.batch)) return []
  const root = openBatchEnvironment(paths)
  try {
    return await createLmdbRuns(root).list(MOST_RUNS)
  } catch {
    return [] // as above
  } finally {
    await root.close()
  }
}

async function writeViews(
  { pipeline, epochLength }: Patient,
  { lake, engine }: FolderLake,
  batch: BatchViews,
  lost: readonly LostPartial[],
): Promise<void> {
  const moved = { run: 'doctor', movedAt: Date.now() }
  for (const metric of pipeline.metrics) {
    const places = await partialPlaces(lake, metric.id, Number.POSITIVE_INFINITY)
    const relations = await partialsIn(
      lake,
      places.filter(place => !lost.some(each => isSamePlace(each, place))),
    )
    if (places.length === 0) continue
    // The last epoch of those that are condensed is not known; none before it is still to come.
    const condensed = lastBefore(await condensedBefore(lake, metric.id), epochLength)
    const epochs = [condensed, ...places.map(({ epoch }) => epoch)]
    await engine.session(async session => {
      if (relations.length === 0) return
      const rows = partialRows(session, metric, orderedPartials(engine.dialect, metric, relations))
      for await (const entries of combined(metric, rows)) await batch.write(metric.id, 1, entries)
    })
    await batch.moveBoundary(metric.id, { epoch: Math.max(...epochs), generation: 1, ...moved })
  }
  const kept = await keptMarks(lake)
  for (const type of pipeline.latest.keys()) {
    const gone = lastBefore(keptSince(kept, keptOfType(type), 'curated'), epochLength)
    const epoch = Math.max(gone, ...(await curatedEpochs(lake, type)))
    if (epoch === Number.NEGATIVE_INFINITY) continue
    await batch.moveBoundary(tallyId(type), { epoch, generation: 0, ...moved })
  }
}

/** The last epoch that begins before an instant; −∞ of −∞. */
const lastBefore = (since: number, epochLength: number) => floorTo(since - 1, epochLength)

const isSamePlace = (a: LostPartial, b: PartialPlace) =>
  a.kind === b.kind && a.metric === b.metric && a.epoch === b.epoch
