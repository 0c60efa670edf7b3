import type { Metric } from '../../core/declare/metric-plan.ts'
import { warehouseLine } from '../../core/lake/csv.ts'
import { goneExport, MOST_GENERATIONS, metricExport } from '../../core/lake/lake-paths.ts'
import { goneRow, keysOfTable, metricRow, metricTable } from '../../core/lake/warehouse-table.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { CsvTexts } from '../../core/ports/warehouse.ts'
import type { Combined } from './partial-rows.ts'

export type ExportPorts = {
  readonly lake: Pick<LakeFolder, 'put' | 'remove'>
  /** How to write the changed rows as files for the warehouse; false: not at all. */
  readonly exportRows: CsvTexts | false
}

/** Writes what a generation changes for the warehouse, which loads it once it is committed. */
export async function exportChanges(
  { lake, exportRows: texts }: ExportPorts,
  metric: Metric,
  generation: number,
  changes: AsyncIterable<readonly Combined[]>,
): Promise<void> {
  const table = metricTable(metric)
  const gone: string[] = []
  async function* lines(): AsyncGenerator<string> {
    for await (const entries of changes)
      yield entries
        .map(({ cells, ...key }) => {
          if (texts === false) return ''
          if (cells !== undefined) return warehouseLine(table, texts, metricRow(metric, { ...key, cells }))
          gone.push(warehouseLine(keysOfTable(table), texts, goneRow(key)))
          return ''
        })
        .join('')
  }
  if (texts === false) for await (const _ of lines());
  else await lake.put(metricExport(metric.id, generation), lines())
  // An earlier attempt at this generation may have left one.
  if (gone.length === 0) await lake.remove(goneExport(metric.id, generation))
  else await lake.put(goneExport(metric.id, generation), gone)
  await forget(lake, metric, generation - MOST_GENERATIONS)
}

/** A warehouse that is further behind is filled anew. */
async function forget(lake: ExportPorts['lake'], { id }: Metric, generation: number): Promise<void> {
  for (const path of [metricExport(id, generation), goneExport(id, generation)]) await lake.remove(path)
}
