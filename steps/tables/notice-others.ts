import { readAvro } from '../../core/iceberg/avro.ts'
import {
  CHANGED,
  epochsOf,
  SEEN,
  snapshotsOfOthers,
  withOthers,
} from '../../core/iceberg/changed-by-others.ts'
import { type Entry, readList } from '../../core/iceberg/manifest.ts'
import type { Snapshot, TableMetadata } from '../../core/iceberg/table-metadata.ts'
import type { TableFiles } from '../../core/ports/table-files.ts'

/** What another engine has changed in a table since our last snapshot. */
export type ChangedByOther = {
  readonly snapshot: string
  readonly operation: string
  /** The engine, as it calls itself. */
  readonly engine: string
  /** ms, of rows that were added, changed or deleted. */
  readonly epochs: readonly number[]
}

/** Looks through the snapshots that somebody else has committed since ours. */
export async function changesOfOthers(
  files: Pick<TableFiles, 'read'>,
  metadata: TableMetadata,
): Promise<readonly ChangedByOther[]> {
  const found: ChangedByOther[] = []
  for (const snapshot of snapshotsOfOthers(metadata)) {
    const { summary } = snapshot
    const engine = engineOf(summary)
    const operation = summary['operation'] ?? ''
    const epochs = await epochsTouched(files, snapshot)
    found.push({ snapshot: String(snapshot['snapshot-id']), operation, engine, epochs })
  }
  return found
}

/** Trino says which of its queries it was, and not its name. */
function engineOf(summary: Snapshot['summary']): string {
  if (summary['trino_query_id'] !== undefined) return 'trino'
  return summary['engine-name'] ?? summary['app-id'] ?? 'another engine'
}

async function epochsTouched(
  files: Pick<TableFiles, 'read'>,
  snapshot: Snapshot,
): Promise<readonly number[]> {
  const manifests = readList(await files.read(snapshot['manifest-list']))
  const own = manifests.filter(each => each.added_snapshot_id === snapshot['snapshot-id'])
  const epochs = new Set<number>()
  for (const { manifest_path: path } of own) {
    const { records } = readAvro<Entry>(await files.read(path))
    // What it added may leave the id of the snapshot to the list.
    const entries = records.map(each => ({
      ...each,
      snapshot_id: each.snapshot_id ?? snapshot['snapshot-id'],
    }))
    for (const epoch of epochsOf(entries, snapshot)) epochs.add(epoch)
  }
  return [...epochs].sort((a, b) => a - b)
}

/**
 * The table with a note of the epochs that are no longer as we made them, so that each change is told once.
 */
export function withChanges(metadata: TableMetadata, changes: readonly ChangedByOther[]): TableMetadata {
  const last = changes.at(-1)
  if (last === undefined) return metadata
  const noted = withOthers(
    metadata.properties[CHANGED],
    changes.flatMap(({ epochs }) => epochs),
  )
  const properties = {
    ...metadata.properties,
    [SEEN]: last.snapshot,
    ...(noted !== undefined && { [CHANGED]: noted }),
  }
  return { ...metadata, properties }
}
