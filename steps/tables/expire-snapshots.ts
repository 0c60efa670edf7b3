import { readAvro } from '../../core/iceberg/avro.ts'
import { expired, withoutSnapshots } from '../../core/iceberg/expiry.ts'
import { type Entry, type ManifestFile, readList, STATUS } from '../../core/iceberg/manifest.ts'
import type { Snapshot } from '../../core/iceberg/table-metadata.ts'
import type { OpenTable } from '../../core/lake/open-table.ts'
import { commitMetadata } from './commit-epochs.ts'
import { readHead, type TablePorts } from './table-head.ts'

/**
 * Takes the oldest snapshots out of a table and removes the files that only they have had; answers how many.
 * Readers that are at work on one of them find some files gone. First nobody sees the snapshots any more,
 * then files go: cut off in between, it leaves files that nobody names.
 */
export async function expireSnapshots(ports: TablePorts, table: OpenTable): Promise<number> {
  const { location, metadata: before } = await readHead(ports, table)
  if (before === undefined) return 0
  const gone = expired(before, ports.now())
  if (gone.length === 0) return 0
  const after = withoutSnapshots(before, gone)
  const oldest = after.snapshots!.toSorted((a, b) => a['sequence-number'] - b['sequence-number'])[0]!
  const useless = await filesOfOnly(ports, gone, oldest)
  if (!(await commitMetadata(ports, table, location, { before, after }))) return 0
  await ports.files.remove(useless)
  return gone.length
}

/**
 * Files that snapshots have had and the one after them has not. Each snapshot is made of the one before it,
 * so what the next one has not, none after it has; and a data file leaves by an entry of the snapshot it is
 * not in.
 */
async function filesOfOnly(
  { files }: TablePorts,
  gone: readonly Snapshot[],
  oldest: Snapshot,
): Promise<readonly string[]> {
  const kept = readList(await files.read(oldest['manifest-list']))
  const needed = new Set(kept.map(manifest => manifest.manifest_path))
  const data = new Set(await goneIn(files, oldest, kept))
  const manifests = new Set<string>()
  for (const snapshot of gone) {
    const list = readList(await files.read(snapshot['manifest-list']))
    for (const { manifest_path: path } of list) if (!needed.has(path)) manifests.add(path)
    for (const path of await goneIn(files, snapshot, list)) data.add(path)
  }
  return [...data, ...manifests, ...gone.map(snapshot => snapshot['manifest-list'])]
}

/** Data files that a snapshot took out of the table. */
async function goneIn(
  files: TablePorts['files'],
  snapshot: Snapshot,
  list: readonly ManifestFile[],
): Promise<readonly string[]> {
  const id = snapshot['snapshot-id']
  const own = list.filter(each => each.added_snapshot_id === id && each.deleted_files_count > 0)
  const found: string[] = []
  for (const { manifest_path: path } of own)
    for (const entry of readAvro<Entry>(await files.read(path)).records)
      if (entry.status === STATUS.deleted && (entry.snapshot_id ?? id) === id)
        found.push(entry.data_file.file_path)
  return found
}
