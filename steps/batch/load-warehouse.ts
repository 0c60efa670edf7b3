import { exportsFolder } from '../../core/lake-paths.ts'
import type { Pipeline } from '../../core/pipeline.ts'
import type { Lake } from '../../core/ports/lake.ts'
import type { Warehouse, WarehouseLoad } from '../../core/ports/warehouse.ts'
import type { Dialect } from '../../core/sql/dialect.ts'
import { exportRows } from '../../core/sql/export.ts'
import { pathInstant } from '../../core/time.ts'
import { contractTable, metricTable } from '../../core/warehouse-table.ts'
import { contractOf, curatedParts, metricOf } from './lookup.ts'
import { metricExport } from './publish.ts'
import type { EpochWork, TaskResult } from './task.ts'

export type LoadWarehousePorts = {
  readonly pipeline: Pipeline
  readonly lake: Lake
  readonly dialect: Dialect
  /** Undefined where the platform runs without one. */
  readonly warehouse: Warehouse | undefined
}

export type LoadWarehouseResult = TaskResult<{ readonly tables: number }>

export type LoadWarehouse = (work: EpochWork) => Promise<LoadWarehouseResult>

/**
 * Builds the load step: the curated rows of an epoch replace that epoch in their tables, changed keys replace theirs in the metrics'
 * tables, all in one transaction.
 */
export function createLoadWarehouse(ports: LoadWarehousePorts): LoadWarehouse {
  const { warehouse } = ports
  return async work => {
    if (warehouse === undefined) return { tables: 0, report: {} }
    const loads = [...(await contractLoads(ports, work)), ...metricLoads(ports, work)]
    await warehouse.prepare(loads.map(load => load.table))
    await warehouse.load(loads)
    return {
      tables: loads.length,
      report: { epochs: { [pathInstant(work.epoch)]: { tablesLoaded: loads.length } } },
    }
  }
}

async function contractLoads(
  { pipeline, lake, dialect }: LoadWarehousePorts,
  { epoch, types }: EpochWork,
): Promise<readonly WarehouseLoad[]> {
  const loads: WarehouseLoad[] = []
  for (const { type } of types) {
    const table = contractTable(contractOf(pipeline, type), [...pipeline.latest.keys()])
    const parts = await curatedParts(lake, type, epoch)
    const path = `${exportsFolder(epoch)}/type=${type}.csv`
    if (parts.length === 0) await lake.put(path, [])
    else await lake.session(session => session.write(exportRows(dialect, table, parts), path, 'csv'))
    loads.push({ table, csv: lake.address(path), replaces: { kind: 'epoch', epoch } })
  }
  return loads
}

function metricLoads(
  { pipeline, lake }: LoadWarehousePorts,
  { epoch, metrics }: EpochWork,
): readonly WarehouseLoad[] {
  return metrics.map(({ metric }) => ({
    table: metricTable(metricOf(pipeline, metric)),
    csv: lake.address(metricExport(metric, epoch)),
    replaces: { kind: 'keys' },
  }))
}
