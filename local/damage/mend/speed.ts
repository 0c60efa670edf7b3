import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { tallyId } from '../../../core/cells/tally.ts'
import { boundaryIds } from '../../../core/declare/boundary-ids.ts'
import {
  laneFolder,
  openBatchEnvironment,
  openBatchViews,
  openLaneEngines,
  openMarkers,
} from '../../../drivers/compose/embedded.ts'
import { checkLmdb } from '../../../drivers/lmdb/check.ts'
import { verifyMarkers } from '../../../drivers/markers/table/verify.ts'
import { createApplySpeed } from '../../../steps/apply-speed.ts'
import { compileClaims, readEntries, type SpeedRecord } from '../../../steps/speed-entries.ts'
import { lanesPath, readLanes, writeLanes } from '../../stream/lanes/lanes-file.ts'
import { problemOf } from '../finding.ts'
import type { Patient, Stream } from '../patient.ts'
import { recordsIn } from '../raw/lines.ts'
import { rawObjects } from '../raw/objects.ts'
import { INTERRUPTED } from '../repairs.ts'
import { markersProblem } from '../require-intact.ts'

/** Records applied at once. */
const CHUNK = 500

/**
 * Checks the real-time views and the markers; where either is damaged, or the log was begun anew, both are
 * made anew from the raw lake, as if the speed layer had read all of it up to the log's end.
 */
export async function mendSpeed(patient: Patient, stream: Stream): Promise<void> {
  const { paths, findings, data, repairs } = patient
  const problems = repairs.left.has('real-time')
    ? [{ file: paths.realTime, problem: INTERRUPTED }]
    : await problemsOf(patient, stream)
  if (problems.length === 0 && !stream.isNew) return
  await repairs.begin('real-time')
  for (const folder of [paths.realTime, paths.markers]) await rm(folder, { recursive: true, force: true })
  await rebuild(patient, stream)
  await repairs.end('real-time')
  for (const { file, problem } of problems)
    findings.repaired(
      relative(data, file),
      problem,
      'real-time views and markers were made anew from the raw lake',
    )
}

type Problem = { readonly file: string; readonly problem: string }

async function problemsOf(patient: Patient, stream: Stream): Promise<readonly Problem[]> {
  const inViews = await viewProblems(patient, stream)
  // What lanes noted of the markers can be read where the lanes are well.
  return [...inViews, ...(await markerProblems(patient, inViews.length === 0))]
}

async function viewProblems({ paths, pipeline }: Patient, { end }: Stream): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const trying = async (place: string, work: () => unknown) => {
    try {
      await work()
    } catch (error) {
      problems.push({ file: place, problem: problemOf(error) })
    }
  }
  let lanes = 0
  await trying(lanesPath(paths), async () => {
    lanes = (await readLanes(paths))?.lanes ?? 0
  })
  for (let lane = 0; lane < lanes; lane++) {
    const folder = join(laneFolder(paths, lanes), String(lane))
    await trying(join(folder, 'data.mdb'), async () => {
      checkLmdb(folder, true)
      const { checkpoint, close } = openLaneEngines(paths, pipeline, lane, lanes)
      try {
        if (checkpoint.position === undefined && end > 0) throw new Error('it says nothing of how far it is')
      } finally {
        await close()
      }
    })
  }
  return problems
}

async function markerProblems(
  { paths, epochLength, horizon }: Patient,
  isNoted: boolean,
): Promise<readonly Problem[]> {
  const { markers: folder } = paths
  if (!existsSync(folder))
    return existsSync(paths.realTime) ? [{ file: folder, problem: 'it is not there' }] : []
  try {
    const problem = isNoted ? await markersProblem(paths) : undefined
    if (problem !== undefined) return [{ file: folder, problem }]
    await verifyMarkers(folder)
    const table = await openMarkers(paths, { epochLength, dedupeHorizon: horizon })
    await table.close()
    return []
  } catch (error) {
    const [, file = folder] = /^(\S+) is damaged: /.exec(String((error as Error).message)) ?? []
    return [{ file, problem: problemOf(error) }]
  }
}

async function rebuild(patient: Patient, { end }: Stream): Promise<void> {
  const { paths, pipeline, lanes, epochLength, horizon } = patient
  const engines = Array.from({ length: lanes }, (_, lane) => openLaneEngines(paths, pipeline, lane, lanes))
  const markers = await openMarkers(paths, { epochLength, dedupeHorizon: horizon })
  const apply = createApplySpeed({
    ...{ pipeline, markers, lanes },
    views: {
      absorb: (fold, entries) => {
        for (const [lane, { views }] of engines.entries())
          views.absorb(
            fold,
            entries.filter(entry => entry.lane === lane),
          )
      },
    },
  })
  const claimsOf = compileClaims(pipeline)
  const claim = (records: readonly SpeedRecord[]) =>
    markers.claim(claimsOf(readEntries(records, lanes).recordsOfEntries).claims)
  let place = 0
  const boundaryOf = await publishedThrough(patient)
  for (const { object, type, epoch } of await rawObjects(paths.lake)) {
    // What is gone is named where raw files are.
    if (!existsSync(join(paths.lake, object))) continue
    const isOpen = epoch > boundaryOf(type)
    const each = isOpen ? apply : claim
    for await (const records of chunks(recordsIn(join(paths.lake, object), () => place++)))
      await each(records)
  }
  await markers.close()
  const durable = markers.durable()
  for (const { checkpoint, close } of engines) {
    await checkpoint.save(end, durable)
    await close()
  }
  const since = Object.fromEntries(boundaryIds(pipeline).map(id => [id, 0]))
  await writeLanes(paths, { lanes, since })
}

/** Through which epoch everything of a type is published. */
async function publishedThrough({ paths, pipeline }: Patient): Promise<(type: string) => number> {
  const root = openBatchEnvironment(paths)
  const batch = openBatchViews(root, pipeline)
  const through = new Map<string, number>()
  for (const type of pipeline.latest.keys()) {
    const ids = [tallyId(type), ...(pipeline.metricsOf.get(type) ?? []).map(({ id }) => id)]
    const epochs = await Promise.all(ids.map(async id => (await batch.boundary(id))?.epoch ?? -Infinity))
    through.set(type, Math.min(...epochs))
  }
  await root.close()
  return type => through.get(type) ?? -Infinity
}

async function* chunks(records: AsyncIterable<SpeedRecord>): AsyncGenerator<readonly SpeedRecord[]> {
  let chunk: SpeedRecord[] = []
  for await (const record of records) {
    chunk.push(record)
    if (chunk.length < CHUNK) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}
