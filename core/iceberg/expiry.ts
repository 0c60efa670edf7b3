import type { Snapshot, TableMetadata } from './table-metadata.ts'

/** Iceberg's own properties, which other engines go by too. */
export const MAX_AGE = 'history.expire.max-snapshot-age-ms'
export const MIN_KEPT = 'history.expire.min-snapshots-to-keep'

const DAY_MS = 86_400_000
export const DEFAULT_AGE_MS = 7 * DAY_MS
/**
 * Every commit writes the list of snapshots anew, so that there is an end to it, however short epochs are.
 */
const MOST_SNAPSHOTS = 1000
/** Fewer are not worth a commit. */
const FEWEST = 24
/** So many at once: of each of them, files are removed. */
const MOST_AT_ONCE = 200

/**
 * Snapshots that go, oldest first: older than the table's `history.expire.max-snapshot-age-ms`, or beyond the
 * thousandth. None of a table of which somebody keeps a branch or a tag: what that needs is theirs to say.
 */
export function expired(metadata: TableMetadata, now: number): readonly Snapshot[] {
  const { snapshots = [], properties } = metadata
  const { refs = {} } = metadata as { readonly refs?: object }
  if (Object.keys(refs).some(name => name !== 'main')) return []
  const ordered = snapshots.toSorted((a, b) => a['sequence-number'] - b['sequence-number'])
  const age = Number(properties[MAX_AGE] ?? DEFAULT_AGE_MS)
  const kept = Math.max(1, Number(properties[MIN_KEPT] ?? 1))
  const removable = ordered.slice(0, Math.max(0, ordered.length - kept))
  const old = removable.filter(
    (snapshot, i) => snapshot['timestamp-ms'] < now - age || ordered.length - i > MOST_SNAPSHOTS,
  )
  return old.length < FEWEST ? [] : old.slice(0, MOST_AT_ONCE)
}

/** The table without snapshots. */
export function withoutSnapshots(metadata: TableMetadata, gone: readonly Snapshot[]): TableMetadata {
  const ids = new Set(gone.map(snapshot => snapshot['snapshot-id']))
  return {
    ...metadata,
    snapshots: (metadata.snapshots ?? []).filter(snapshot => !ids.has(snapshot['snapshot-id'])),
    'snapshot-log': (metadata['snapshot-log'] ?? []).filter(entry => !ids.has(entry['snapshot-id'])),
  }
}
