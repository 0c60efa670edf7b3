import { epochOfFolder, partialsFolder, staged, tableOfMetric } from '../../../core/lake/lake-paths.ts'
import type { BatchViews } from '../../../core/ports/views.ts'
import type { FolderLake } from '../../../drivers/compose/folder-lake.ts'
import { createAggregate } from '../../../steps/batch/aggregate.ts'
import { curatedEpochs } from '../../../steps/batch/lookup.ts'
import type { PartialPlace } from '../../../steps/batch/retention/all-partials.ts'
import { condensedBefore } from '../../../steps/batch/retention/kept.ts'
import { markForTable } from '../../../steps/tables/table-marks.ts'
import type { Patient, Stream } from '../patient.ts'
import {
  byEpoch,
  countedSince,
  type DamagedFolder,
  DOCTOR,
  damagedFolder,
  damagedFolders,
  ledgerOf,
  mending,
  publishedFolders,
} from './lake.ts'

/** Partials that cannot be read, and that nothing is left to make again. */
export type LostPartial = Pick<PartialPlace, 'kind' | 'metric' | 'epoch'>

/**
 * Checks the partials of every metric; damaged ones are aggregated again from curated rows. Those that are
 * condensed have nothing that they can be made of.
 *
 * @param hasNoViews batch views are made anew from partials, so that those between others must not lack
 * either
 * @returns those that cannot be made again
 */
export async function mendPartials(
  patient: Patient,
  lake: FolderLake,
  stream: Stream,
  hasNoViews: boolean,
): Promise<readonly LostPartial[]> {
  const { pipeline, epochLength, horizon } = patient
  const aggregate = createAggregate({
    ...{ pipeline, epochLength, horizon, batch: NOT_ASKED, ledger: ledgerOf(stream), countedSince },
    ...lake,
  })
  const lost: LostPartial[] = []
  const damaged = await damagedFolders(patient, lake, 'partials')
  const gone = hasNoViews ? await gonePartials(patient, lake) : []
  for (const { folder, parts, problem } of [...damaged, ...gone].sort(byEpoch)) {
    const [metric, epoch] = [parts[0]!.slice('metric='.length), epochOfFolder(parts[1]!)]
    if (epoch === undefined || !pipeline.metrics.some(({ id }) => id === metric)) continue
    if (epoch < (await condensedBefore(lake.lake, metric))) continue
    const isMended = await mending(
      patient,
      folder,
      problem,
      'aggregated again from curated rows',
      async () => {
        await markForTable(lake.lake, { owner: tableOfMetric(metric), epoch, run: DOCTOR })
        await aggregate({ metric, epoch, mode: 'recompute' })
        const place = partialsFolder(metric, epoch)
        await lake.lake.replace(staged(place), place)
      },
    )
    if (!isMended) lost.push({ kind: 'partials', metric, epoch })
  }
  return [...lost, ...(await lostCondensed(patient, lake))]
}

/** Condensed partials that are damaged. */
async function lostCondensed(patient: Patient, lake: FolderLake): Promise<readonly LostPartial[]> {
  const lost: LostPartial[] = []
  for (const { folder, parts, problem } of await damagedFolders(patient, lake, 'condensed')) {
    const [metric, epoch] = [parts[0]!.slice('metric='.length), epochOfFolder(parts[1]!)]
    // What a run that was cut off has left is made anew by the next one.
    if (epoch === undefined || epoch >= (await condensedBefore(lake.lake, metric))) continue
    if (!patient.pipeline.metrics.some(({ id }) => id === metric)) continue
    lost.push({ kind: 'condensed', metric, epoch })
    patient.findings.left(`lake/${folder}`, problem, CONDENSED_LOST)
  }
  return lost
}

const CONDENSED_LOST =
  'what it was made of is kept no longer, as the contract says: put a copy of it there. Published numbers stay, and a backfill that finds something for its windows is refused'

/** Journals are ended or gone by now, so that nothing is asked of batch views, which may not be there. */
const NOT_ASKED: BatchViews = {
  boundary: async () => undefined,
  query: notAsked,
  read: notAsked,
  write: notAsked,
  moveBoundary: notAsked,
}

async function notAsked(): Promise<never> {
  throw new Error('batch views are made of partials')
}

/** Partials of curated epochs between those that have some. */
async function gonePartials(
  { pipeline, paths }: Patient,
  { lake }: FolderLake,
): Promise<readonly DamagedFolder[]> {
  const known = new Set(await publishedFolders(paths.lake, lake, 'partials'))
  const gone: string[] = []
  for (const { id, type } of pipeline.metrics) {
    const before = await condensedBefore(lake, id)
    const epochs = (await curatedEpochs(lake, type)).filter(epoch => epoch >= before)
    const folders = epochs.map(epoch => partialsFolder(id, epoch))
    const [first, last] = [
      folders.findIndex(each => known.has(each)),
      folders.findLastIndex(each => known.has(each)),
    ]
    gone.push(...folders.slice(first, last).filter(folder => first >= 0 && !known.has(folder)))
  }
  return gone.map(folder => damagedFolder(folder, 'it is not there, nor what it held'))
}
