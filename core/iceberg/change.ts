import {
  type DataFile,
  type Entry,
  type EpochSet,
  liveFiles,
  type Manifest,
  type ManifestFile,
  mayHold,
  STATUS,
} from './manifest.ts'
import { manifestsToMerge } from './merge.ts'
import { EPOCH, type PartitionSpec } from './partition-spec.ts'

/** A data file that a snapshot adds. */
export type NewFile = { readonly spec: number; readonly file: DataFile }

/** What a snapshot makes of some epochs: the files they have from now on, in place of those they had. */
export type Change = { readonly epochs: EpochSet; readonly files: readonly NewFile[] }

/** Entries of a manifest that is to be written; `partition` of one that another writer had written. */
export type NewManifest = { readonly spec: number } & Pick<Manifest, 'entries'> & Partial<Manifest>

/** What a snapshot consists of. */
export type Changed = {
  /** Manifests of before that are in it as they are. */
  readonly kept: readonly ManifestFile[]
  readonly written: readonly NewManifest[]
  /** Data files that are in it no longer, and those that are new. */
  readonly gone: readonly DataFile[]
  readonly added: readonly DataFile[]
}

/** The manifests that have to be read before `changed` can say what becomes of them. */
export function manifestsToRead(
  manifests: readonly ManifestFile[],
  specs: readonly PartitionSpec[],
  epochs: EpochSet,
): readonly ManifestFile[] {
  const held = manifests.filter(each => isOfData(each) && mayHold(each, specs, epochs))
  return [...new Set([...held, ...manifestsToMerge(manifests)])]
}

const isOfData = ({ content }: ManifestFile) => content === 0

/**
 * The manifests of a snapshot that replaces epochs. One of before is written again only where it has a file
 * of theirs, or where it is one of many small ones: what a snapshot costs does not grow with what the table
 * holds.
 */
export function changed(
  manifests: readonly ManifestFile[],
  opened: ReadonlyMap<ManifestFile, Manifest>,
  { epochs, files }: Change,
  snapshot: bigint,
): Changed {
  const paths = new Set(files.map(({ file }) => file.file_path))
  const isOut = ({ data_file: { partition, file_path: path } }: Entry) =>
    typeof partition[EPOCH] === 'bigint' && epochs.has(partition[EPOCH]) && !paths.has(path)
  const staying = new Set(
    [...opened.values()].flatMap(({ entries }) => entries.map(e => e.data_file.file_path)),
  )
  const merging = new Set(manifestsToMerge(manifests))
  const rewritten = [...opened].filter(
    ([manifest, { entries }]) => merging.has(manifest) || entries.some(isOut),
  )
  const others = rewritten
    .filter(([manifest]) => !merging.has(manifest))
    .map(([manifest, { entries, partition }]): NewManifest => {
      const after = entries.map(entry => (isOut(entry) ? deleted(entry, snapshot) : entry))
      return { spec: manifest.partition_spec_id, entries: after, partition }
    })
  const merged = rewritten.filter(([manifest]) => merging.has(manifest))
  const fresh = Map.groupBy(
    files.filter(({ file }) => !staying.has(file.file_path)),
    ({ spec }) => spec,
  )
  const specs = new Set([...fresh.keys(), ...merged.map(([manifest]) => manifest.partition_spec_id)])
  const bySpec = [...specs].map((spec): NewManifest => {
    const older = merged.filter(([manifest]) => manifest.partition_spec_id === spec)
    const entries = older.flatMap(([, manifest]) => manifest.entries)
    return {
      spec,
      entries: [
        ...entries.map(entry => (isOut(entry) ? deleted(entry, snapshot) : entry)),
        ...(fresh.get(spec) ?? []).map(({ file }) => added(file, snapshot)),
      ],
      ...(older[0] !== undefined && { partition: older[0][1].partition }),
    }
  })
  const away = new Set(rewritten.map(([manifest]) => manifest))
  const written = [...others, ...bySpec]
  const ofStatus = (wanted: number) =>
    written.flatMap(({ entries }) =>
      entries.filter(({ status }) => status === wanted).map(entry => entry.data_file),
    )
  return {
    kept: manifests.filter(each => !away.has(each) && (each.content !== 0 || liveFiles(each) > 0)),
    written,
    gone: ofStatus(STATUS.deleted),
    added: ofStatus(STATUS.added),
  }
}

function deleted(entry: Entry, snapshot: bigint): Entry {
  return { ...entry, status: STATUS.deleted, snapshot_id: snapshot }
}

/** Its sequence number is the snapshot's, which a reader takes from the list. */
function added(file: DataFile, snapshot: bigint): Entry {
  return {
    status: STATUS.added,
    snapshot_id: snapshot,
    sequence_number: null,
    file_sequence_number: null,
    data_file: file,
  }
}
