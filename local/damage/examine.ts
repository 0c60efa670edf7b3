import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { horizonEpochs } from '../../core/data/epoch.ts'
import { TributaryError } from '../../core/errors.ts'
import { embeddedPaths } from '../../drivers/compose/embedded.ts'
import { type FolderLake, openFolderLake } from '../../drivers/compose/folder-lake.ts'
import { filesLeftOut } from '../../drivers/lake/folder/left-out.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { lockDataFolder } from '../data-folder.ts'
import { requireReadable } from '../declarations.ts'
import type { Settings } from '../settings.ts'
import { mendKinds } from './file-kinds.ts'
import { createFindings, type Finding } from './finding.ts'
import { mendAlerts } from './mend/alerts.ts'
import { batchProblem, rebuildBatch, typeBoundaries } from './mend/batch.ts'
import { mendDeclarations } from './mend/declarations.ts'
import { mendHistory } from './mend/history.ts'
import { curatedThrough, mendCurated } from './mend/lake.ts'
import { mendLines } from './mend/lines.ts'
import { mendPartials } from './mend/partials.ts'
import { mendSecrets } from './mend/secrets.ts'
import { mendSettings } from './mend/settings.ts'
import { mendSpeed } from './mend/speed.ts'
import { mendStream } from './mend/stream.ts'
import type { Patient, Stream } from './patient.ts'
import { openRepairs } from './repairs.ts'

export type ExamineOptions = {
  readonly settings: Pick<Settings, 'data' | 'epochLength' | 'pipeline' | 'lanes' | 'dedupeHorizon'>
  /** Go on without acknowledged events that no layer has any more. */
  readonly acceptLoss: boolean
  /** Told of each finding at once. */
  readonly tell: (finding: Finding) => void
}

/**
 * Verifies every durable file of the data folder of a stopped platform, and repairs what is damaged from the
 * layer that has it: raw from the log, the ledger and the speed layer from raw, curated from raw, partials
 * from curated, batch views from partials. In this order, so that each layer is right when the next is made
 * from it.
 *
 * @throws TributaryError `invalid_setting` where the folder is in use or is none; `invalid_declaration` where
 * its events cannot be read as they are declared now
 */
export async function examine(options: ExamineOptions): Promise<readonly Finding[]> {
  const { settings, acceptLoss, tell } = options
  const { data, lanes } = settings
  requireDataFolder(data)
  const pipeline = await loadPipeline(settings.pipeline)
  const folder = await lockDataFolder(data)
  const findings = createFindings(tell)
  try {
    await mendKinds(data, findings)
    const epochLength = await mendSettings(data, settings.epochLength, findings)
    const paths = embeddedPaths(data)
    const horizon = horizonEpochs(settings.dedupeHorizon, epochLength)
    const repairs = openRepairs(paths)
    const patient = { data, paths, pipeline, epochLength, horizon, lanes, acceptLoss, findings, repairs }
    await mendLines(patient)
    await mendSecrets(patient)
    await mendAlerts(patient)
    await mendDeclarations(patient)
    await requireReadable(patient)
    const stream = await mendStream(patient)
    if (stream !== undefined) await mendRest(patient, stream)
    return findings.all
  } finally {
    await folder.release()
  }
}

/**
 * What every start makes, and other programs hardly do: each alone tells a data folder, as others may be
 * lost.
 */
const TELLING = ['raw-delivery.json', 'lake/raw', 'log/ledger.json', 'real-time', 'markers']

/** Nothing is made, changed or closed to others in a folder that is not one of a platform. */
function requireDataFolder(data: string): void {
  const remedy = 'set TRIBUTARY_DATA to the one that a platform was started with'
  if (!existsSync(data))
    throw new TributaryError('invalid_setting', `there is no data folder ${data}; ${remedy}`)
  if (!TELLING.some(name => existsSync(join(data, name))))
    throw new TributaryError(
      'invalid_setting',
      `${data} is no data folder, as it has none of ${TELLING.join(', ')}; ${remedy}`,
    )
}

async function mendRest(patient: Patient, stream: Stream): Promise<void> {
  const lake = await openFolderLake({ folder: patient.paths.lake })
  let hasViews = false
  try {
    hasViews = await mendBatchLayer(patient, lake, stream)
  } finally {
    lake.close()
  }
  // Real-time views begin where batch views end.
  if (hasViews) await mendSpeed(patient, stream)
  await tellLeftOut(patient)
}

/** Copies beside the originals, and files of others: they stop nothing, and count nothing. */
async function tellLeftOut({ paths, findings }: Patient): Promise<void> {
  const outcome = 'it is left out of all numbers: move it out of the lake'
  for (const path of await filesLeftOut(paths.lake))
    findings.left(`lake/${path}`, 'Tributary did not write it there', outcome)
}

/** Returns false where batch views cannot be made anew: the start is refused until they are. */
async function mendBatchLayer(patient: Patient, lake: FolderLake, stream: Stream): Promise<boolean> {
  const problem = await batchProblem(patient, lake)
  if (problem !== undefined) return remakeBatchLayer(patient, lake, stream, problem)
  const boundaries = await typeBoundaries(patient)
  await mendCurated(patient, lake, stream, type => boundaries.get(type))
  await mendPartials(patient, lake, stream, false)
  await mendHistory(patient, lake)
  return true
}

async function remakeBatchLayer(
  patient: Patient,
  lake: FolderLake,
  stream: Stream,
  problem: string,
): Promise<boolean> {
  await patient.repairs.begin('batch')
  // Without journals nothing is undone in views that are made anew anyway.
  await lake.lake.remove('journal')
  const through = await curatedThrough(patient, lake)
  await mendCurated(patient, lake, stream, type => through.get(type))
  const lost = await mendPartials(patient, lake, stream, true)
  if (!(await rebuildBatch(patient, lake, problem, lost))) return false
  await patient.repairs.end('batch')
  return true
}
