import { join } from 'node:path'
import {
  curatedFolder,
  epochOfFolder,
  IDS,
  tableOfType,
  typeOfFolder,
} from '../../../core/lake/lake-paths.ts'
import { keptOfType } from '../../../core/lake/retention-paths.ts'
import type { EpochLedger, Ledger } from '../../../core/ports/ledger.ts'
import type { FolderLake } from '../../../drivers/compose/folder-lake.ts'
import {
  checkFolder,
  differing,
  readFolderChecks,
  writeFolderChecks,
} from '../../../drivers/lake/checks/folder-checks.ts'
import { checkedObjects } from '../../../drivers/lake/checks/raw-checks.ts'
import { createRefine } from '../../../steps/batch/refine/refine.ts'
import { computableSince, keptMarks, keptSince } from '../../../steps/batch/retention/kept.ts'
import { markForTable } from '../../../steps/tables/table-marks.ts'
import { problemOf } from '../finding.ts'
import type { Patient, Stream } from '../patient.ts'
import { rawObjects } from '../raw/objects.ts'

/** The run, so to say, that open tables have what it mended from. */
export const DOCTOR = 'doctor'

const NOT_AGAIN =
  'it cannot be refined again, as what its events are compared with is kept no longer: put a copy of it there; published numbers stay'

/** What can always be made again: the parts of an epoch before they are published, and slices of ids. */
const MADE_AGAIN = ['staged', 'replay', IDS]

/**
 * Checks the curated epochs of every type; damaged ones, and those that were published and left no trace, are
 * refined again from raw, oldest first.
 *
 * @param publishedThrough the newest published epoch of a type, undefined where none is known
 */
export async function mendCurated(
  patient: Patient,
  lake: FolderLake,
  stream: Stream,
  publishedThrough: (type: string) => number | undefined,
): Promise<void> {
  for (const folder of MADE_AGAIN) await lake.lake.remove(folder)
  const { pipeline, epochLength, horizon } = patient
  // What an epoch counts stays what it was, so none after it is due.
  const batch = { boundary: async () => undefined }
  const ledger = ledgerOf(stream)
  const ports = { pipeline, epochLength, horizon, batch, ledger, countedSince, ...lake }
  const refine = createRefine(ports)
  const kept = await keptMarks(lake.lake)
  const isKept = (type: string, epoch: number) => epoch >= keptSince(kept, keptOfType(type), 'curated')
  const damaged = await damagedFolders(patient, lake, 'curated')
  const known = new Set(await publishedFolders(patient.paths.lake, lake.lake, 'curated'))
  const gone = (await publishedRaw(patient, publishedThrough)).filter(folder => !known.has(folder))
  const missing = gone.map(folder => damagedFolder(folder, 'it is not there, nor what it held'))
  for (const { folder, parts, problem } of [...damaged, ...missing].sort(byEpoch)) {
    const [type, epoch] = [typeOfFolder(parts[0]!), epochOfFolder(parts[1]!)]
    if (type === undefined || epoch === undefined || !pipeline.latest.has(type)) continue
    if (!isKept(type, epoch)) continue
    if (epoch < computableSince(kept, type, patient))
      patient.findings.left(`lake/${folder}`, problem, NOT_AGAIN)
    else
      await mending(patient, folder, problem, 'refined again from raw', async () => {
        // Its data files are second names of those that are damaged.
        await markForTable(lake.lake, { owner: tableOfType(type), epoch, run: DOCTOR })
        return refine({ type, epoch })
      })
  }
}

/**
 * Through which epoch each type is refined, as the curated lake says: what it is published through, or more.
 */
export async function curatedThrough(
  { paths }: Patient,
  { lake }: FolderLake,
): Promise<ReadonlyMap<string, number>> {
  const through = new Map<string, number>()
  for (const folder of await publishedFolders(paths.lake, lake, 'curated')) {
    const [, typeFolder = '', epochFolder = ''] = folder.split('/')
    const [type, epoch] = [typeOfFolder(typeFolder), epochOfFolder(epochFolder)]
    if (type === undefined || epoch === undefined) continue
    through.set(type, Math.max(epoch, through.get(type) ?? epoch))
  }
  return through
}

/** Curated folders of all epochs that are published and have raw data. */
async function publishedRaw(
  { paths }: Patient,
  publishedThrough: (type: string) => number | undefined,
): Promise<readonly string[]> {
  const published = (await rawObjects(paths.lake)).filter(
    ({ type, epoch }) => epoch <= (publishedThrough(type) ?? -Infinity),
  )
  return [...new Set(published.map(({ type, epoch }) => curatedFolder(type, epoch)))]
}

/** Nobody knows here since when events are checked for the fields of today: none are taken to be. */
export const countedSince = { list: async () => new Map<string, number>() }

export type DamagedFolder = {
  readonly folder: string
  /** Names of the folders below the top one. */
  readonly parts: readonly string[]
  readonly problem: string
}

/** Published folders that are not what was published, oldest epoch first; others get checksums they lack. */
export async function damagedFolders(
  { paths, findings }: Patient,
  { lake }: FolderLake,
  top: string,
): Promise<readonly DamagedFolder[]> {
  const found: DamagedFolder[] = []
  for (const folder of await publishedFolders(paths.lake, lake, top)) {
    const content = await checkFolder(join(paths.lake, folder))
    const contents = await readFolderChecks(paths.lake, folder).catch((error: unknown) => {
      findings.repaired(`lake/.checks/${folder}.json`, problemOf(error), 'the checksums were made anew')
      return undefined
    })
    const wrong = contents === undefined ? undefined : differing(content, contents)
    if (wrong !== undefined) found.push(damagedFolder(folder, `${wrong} does not match its checksum`))
    else if (contents === undefined) await writeFolderChecks(paths.lake, folder, [content])
  }
  return found.sort(byEpoch)
}

export const damagedFolder = (folder: string, problem: string): DamagedFolder => ({
  ...{ folder, problem },
  parts: folder.split('/').slice(1),
})

export const byEpoch = (a: DamagedFolder, b: DamagedFolder) => (a.parts[1]! < b.parts[1]! ? -1 : 1)

export async function publishedFolders(
  root: string,
  lake: FolderLake['lake'],
  top: string,
): Promise<readonly string[]> {
  const folders = new Set(await checkedObjects(root, top))
  for (const name of await lake.folders(top))
    for (const epoch of await lake.folders(`${top}/${name}`)) folders.add(`${top}/${name}/${epoch}`)
  return [...folders].filter(folder => folder.split('/').length === 3)
}

export async function mending(
  { findings }: Patient,
  folder: string,
  problem: string,
  outcome: string,
  work: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await work()
    findings.repaired(`lake/${folder}`, problem, outcome)
    return true
  } catch (error) {
    const held = 'published numbers stay, and a backfill of the epoch is refused'
    findings.left(`lake/${folder}`, problem, `it cannot be ${outcome}: ${problemOf(error)}; ${held}`)
    return false
  }
}

/** The ledger of a stream at rest. */
export function ledgerOf({ ledger }: Stream): Ledger {
  const entry = (epoch: number): EpochLedger => ({
    epoch,
    accepted: Object.fromEntries(ledger.epochs.get(epoch)?.accepted ?? []),
    counts: 'exact',
    ...{ closed: true, rawComplete: true, short: {}, speedComplete: true },
  })
  return { epochs: async () => [...ledger.epochs.keys()].map(entry), epoch: async epoch => entry(epoch) }
}
