import type { Pipeline } from '../../core/declare/pipeline.ts'
import { exportsFolder } from '../../core/lake/lake-paths.ts'
import { contractTable, metricTable, type WarehouseTable } from '../../core/lake/warehouse-table.ts'
import type { LakeEngine } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { CsvTexts, WarehouseLoad } from '../../core/ports/warehouse.ts'
import { exportRows } from '../../core/sql/export.ts'
import { contractOf, metricOf, relationAt } from './lookup.ts'
import { metricExport } from './publish.ts'
import type { EpochWork } from './task.ts'

export type WarehouseFilePorts = {
  readonly pipeline: Pipeline
  readonly lake: LakeFolder
  readonly engine: LakeEngine
}

/**
 * Where the rows of contracts wait for one load. A load that is started again may still be reading what an
 * earlier start wrote, so these files are written once and never replaced.
 */
export function filesOf({ epoch }: EpochWork, name: string): string {
  return `${exportsFolder(epoch)}/load=${name.replaceAll(/[^\w-]+/g, '_')}`
}

/** In a folder, as COPY reads every object whose key begins with what it is given. */
const fileOf = (files: string, type: string) => `${files}/type=${type}/rows.csv`

/** What a load consists of: files of contracts, and what `publish` wrote for metrics. */
export function loadsOf(ports: WarehouseFilePorts, work: EpochWork, files: string): readonly WarehouseLoad[] {
  return [...contractLoads(ports, work, files), ...metricLoads(ports, work)]
}

function contractLoads(
  { pipeline }: WarehouseFilePorts,
  { epoch, types }: EpochWork,
  files: string,
): WarehouseLoad[] {
  return types.map(({ type }) => ({
    table: tableOf(pipeline, type),
    csv: fileOf(files, type),
    replaces: { kind: 'epoch', epoch },
  }))
}

function metricLoads({ pipeline }: WarehouseFilePorts, { epoch, metrics }: EpochWork): WarehouseLoad[] {
  return metrics.map(({ metric }) => ({
    table: metricTable(metricOf(pipeline, metric)),
    csv: metricExport(metric, epoch),
    replaces: { kind: 'keys' },
  }))
}

/** Writes the curated rows of an epoch's contracts, where that is not done yet. */
export async function exportContracts(
  { pipeline, lake, engine }: WarehouseFilePorts,
  texts: CsvTexts,
  { epoch, types }: EpochWork,
  files: string,
): Promise<void> {
  const written = new Set((await lake.list(files)).map(({ path }) => path))
  for (const { type } of types) {
    const path = fileOf(files, type)
    if (written.has(path)) continue
    const curated = await relationAt(lake, { kind: 'curated', type, epoch })
    const rows = () => exportRows(engine.dialect, tableOf(pipeline, type), curated, texts)
    if (curated.parts.length === 0) await lake.put(path, [])
    else await engine.session(session => session.write(rows(), path, 'csv'))
  }
}

function tableOf(pipeline: Pipeline, type: string): WarehouseTable {
  return contractTable(contractOf(pipeline, type), [...pipeline.latest.keys()])
}
