import { createHash } from 'node:crypto'
import { type Change, changed, manifestsToRead, type NewManifest } from '../../core/iceberg/change.ts'
import {
  type DataFile,
  listed,
  type Manifest,
  type ManifestFile,
  readList,
  readManifest,
  writeList,
  writeManifest,
} from '../../core/iceberg/manifest.ts'
import {
  currentSnapshot,
  type Snapshot,
  type TableMetadata,
  withSnapshot,
} from '../../core/iceberg/table-metadata.ts'
import type { TablePorts } from './table-head.ts'

/**
 * Writes the files of the snapshot that makes a change, and answers the table with it; the table as it was
 * where the change is in it already. Nobody sees any of it before the catalog says so.
 */
export async function writeSnapshot(
  { files, now, newUuid }: TablePorts,
  metadata: TableMetadata,
  change: Change,
  named: Readonly<Record<string, string>>,
): Promise<TableMetadata> {
  const current = currentSnapshot(metadata)
  const manifests = current === undefined ? [] : readList(await files.read(current['manifest-list']))
  const opened = new Map<ManifestFile, Manifest>()
  for (const each of manifestsToRead(manifests, metadata['partition-specs'], change.epochs))
    opened.set(each, readManifest(await files.read(each.manifest_path), each))
  const uuid = newUuid()
  const [id, sequence] = [snapshotId(uuid), metadata['last-sequence-number'] + 1]
  const after = changed(manifests, opened, change, id)
  if (after.gone.length === 0 && after.added.length === 0) return metadata
  const folder = `${metadata.location}/metadata`
  const written = await Promise.all(
    after.written.map((manifest, i) => writeOne(`${folder}/${uuid}-m${i}.avro`, manifest)),
  )
  const parent = current && { 'parent-snapshot-id': current['snapshot-id'] }
  const snapshot: Snapshot = {
    ...{ 'snapshot-id': id, ...parent, 'sequence-number': sequence },
    'timestamp-ms': Math.max(now(), metadata['last-updated-ms']),
    'manifest-list': `${folder}/snap-${id}-${uuid}.avro`,
    summary: { ...summaryOf(after.added, after.gone), ...totals(current, after.added, after.gone), ...named },
    'schema-id': metadata['current-schema-id'],
  }
  await files.write(snapshot['manifest-list'], writeList(snapshot, [...written, ...after.kept]))
  return withSnapshot(metadata, snapshot)

  async function writeOne(uri: string, manifest: NewManifest): Promise<ManifestFile> {
    const spec = metadata['partition-specs'].find(each => each['spec-id'] === manifest.spec)!
    const bytes = writeManifest(metadata, spec, manifest)
    await files.write(uri, bytes)
    return listed({ uri, bytes: bytes.length, spec }, manifest.entries, { id, sequence })
  }
}

/** 63 bits of the UUID's hash. */
function snapshotId(uuid: string): bigint {
  return createHash('sha256').update(uuid).digest().readBigInt64LE() & 0x7fff_ffff_ffff_ffffn
}

const sum = (files: readonly DataFile[], of: 'record_count' | 'file_size_in_bytes') =>
  files.reduce((total, file) => total + file[of], 0n)

/** @see https://iceberg.apache.org/spec/#optional-snapshot-summary-fields */
function summaryOf(added: readonly DataFile[], gone: readonly DataFile[]): Record<string, string> {
  const operation = gone.length === 0 ? 'append' : added.length === 0 ? 'delete' : 'overwrite'
  const counts = {
    'added-data-files': added.length,
    'added-records': sum(added, 'record_count'),
    'added-files-size': sum(added, 'file_size_in_bytes'),
    'deleted-data-files': gone.length,
    'deleted-records': sum(gone, 'record_count'),
    'removed-files-size': sum(gone, 'file_size_in_bytes'),
  }
  const texts = Object.entries(counts).map(([name, count]) => [name, String(count)] as const)
  return { operation, ...Object.fromEntries(texts.filter(([, count]) => count !== '0')) }
}

/** What the table holds with them; left out where the snapshot before does not say what it held. */
function totals(
  current: Snapshot | undefined,
  added: readonly DataFile[],
  gone: readonly DataFile[],
): Record<string, string> {
  const changes = {
    'total-data-files': BigInt(added.length - gone.length),
    'total-records': sum(added, 'record_count') - sum(gone, 'record_count'),
    'total-files-size': sum(added, 'file_size_in_bytes') - sum(gone, 'file_size_in_bytes'),
    ...{ 'total-delete-files': 0n, 'total-position-deletes': 0n, 'total-equality-deletes': 0n },
  }
  return Object.fromEntries(
    Object.entries(changes).flatMap(([name, change]) => {
      const before = current === undefined ? '0' : current.summary[name]
      return before === undefined ? [] : [[name, String(BigInt(before) + change)]]
    }),
  )
}
