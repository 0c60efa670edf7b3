import { randomUUID } from 'node:crypto'
import { readList, readManifest } from '../../../core/iceberg/manifest.ts'
import { readTable, type Snapshot, type TableMetadata } from '../../../core/iceberg/table-metadata.ts'
import type { TableCatalog, TableName } from '../../../core/ports/table-catalog.ts'
import { createFolderTableFiles } from '../../../drivers/table-files/folder.ts'
import type { TablePorts } from '../../../steps/tables/table-head.ts'
import { memoryCatalog } from '../../memory-catalog.ts'
import type { World } from '../batch/batch-kit.ts'

/** Open tables over the lake of a world. */
export function tablesOf(world: World, catalog: TableCatalog = memoryCatalog()): TablePorts {
  return {
    catalog,
    files: createFolderTableFiles(world.file('').replace(/\/$/, '')),
    now: Date.now,
    newUuid: randomUUID,
  }
}

export const ORDERS: TableName = { namespace: 'curated', table: 'order' }

export async function metadataOf({ catalog, files }: TablePorts, name = ORDERS): Promise<TableMetadata> {
  const location = (await catalog.location(name))!
  return readTable(await files.read(location), location)
}

/** Paths and rows of the data files of a snapshot, by epoch (ms). */
export async function filesOf({ files }: TablePorts, snapshot: Snapshot) {
  const found: { readonly path: string; readonly rows: number; readonly epoch: number }[] = []
  for (const manifest of readList(await files.read(snapshot['manifest-list'])))
    for (const { data_file } of readManifest(await files.read(manifest.manifest_path), manifest).entries)
      found.push({
        path: data_file.file_path.slice('file://'.length),
        rows: Number(data_file.record_count),
        epoch: Number((data_file.partition['epoch'] as bigint) / 1000n),
      })
  return found
}
