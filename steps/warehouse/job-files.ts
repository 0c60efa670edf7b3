import type { Metric } from '../../core/declare/metric-plan.ts'
import { warehouseLine } from '../../core/lake/csv.ts'
import { goneExport, loadFile, metricExport } from '../../core/lake/lake-paths.ts'
import { keysOfTable, metricRow, type WarehouseTable } from '../../core/lake/warehouse-table.ts'
import type { LakeEngine } from '../../core/ports/lake-engine.ts'
import type { CsvTexts, LoadJob, WarehouseLoad } from '../../core/ports/warehouse.ts'
import { exportRows } from '../../core/sql/export.ts'
import { orderedPartials } from '../../core/sql/partials.ts'
import { curatedRows } from '../batch/curated-rows.ts'
import { contractOf, relationAt } from '../batch/lookup.ts'
import { combined, partialRows } from '../batch/partial-rows.ts'
import { partialPlaces, partialsIn } from '../batch/retention/all-partials.ts'
import { writeModel } from './model-jobs.ts'
import type { JobPlan, NextJobPorts } from './next-job.ts'
import type { WantedTable } from './tables.ts'

export type JobFilesPorts = NextJobPorts & { readonly engine: LakeEngine }

/** The loads of a plan, and the mark that its table then bears. */
export function jobOf(wanted: WantedTable, plan: JobPlan, name: string): LoadJob {
  const { table, source, identity } = wanted
  const into = { ...table, name: plan.relation }
  const loads = itemsOf(plan).flatMap((item): WarehouseLoad[] => {
    const csv = fileOf(wanted, plan, name, item)
    if (source.kind !== 'metric') return [{ table: into, csv, replaces: replacedBy(wanted, item) }]
    const rows: WarehouseLoad = { table: into, csv, replaces: { kind: 'keys' } }
    if (!plan.gone.includes(item)) return [rows]
    const gone = goneExport(source.metric.id, item)
    return [rows, { table: keysOfTable(into), csv: gone, replaces: { kind: 'gone' } }]
  })
  return { name, loads, table: into, mark: { relation: plan.relation, identity, through: plan.through } }
}

/** A model that is made as a whole fills an empty table: there is no row of an epoch to replace. */
const replacedBy = ({ source }: WantedTable, item: number): WarehouseLoad['replaces'] =>
  source.kind === 'model' && source.model.header.kind !== 'incremental'
    ? { kind: 'keys' }
    : { kind: 'epoch', epoch: item }

const itemsOf = ({ isWhole, items, through }: JobPlan) => (isWhole ? [through] : items)

/** What a generation changed is in its own file; everything else is written for the job. */
function fileOf({ source }: WantedTable, { isWhole }: JobPlan, name: string, item: number): string {
  if (source.kind === 'metric' && !isWhole) return metricExport(source.metric.id, item)
  return loadFile(name, String(item))
}

/** Writes the files of a job, those that are not there yet; answers the rows of each epoch of events. */
export async function writeFiles(
  ports: JobFilesPorts,
  texts: CsvTexts,
  wanted: WantedTable,
  plan: JobPlan,
  name: string,
): Promise<Readonly<Record<string, number>>> {
  const { source, table } = wanted
  const rows: Record<string, number> = {}
  for (const item of itemsOf(plan)) {
    const path = fileOf(wanted, plan, name, item)
    if (source.kind === 'type')
      rows[item] = await writeEvents(ports, texts, table, { type: source.type, epoch: item }, path)
    else if (source.kind === 'model')
      rows[item] = await writeModel(ports, texts, table, { model: source.model, item }, path)
    else if (plan.isWhole) await writeViews(ports, texts, source.metric, table, path)
  }
  return rows
}

/** Curated data of an older contract lacks columns: they are NULL. */
async function writeEvents(
  { lake, engine, pipeline }: JobFilesPorts,
  texts: CsvTexts,
  table: WarehouseTable,
  { type, epoch }: { readonly type: string; readonly epoch: number },
  path: string,
): Promise<number> {
  const curated = await relationAt(lake, { kind: 'curated', type, epoch })
  if (curated.parts.length === 0) {
    await lake.put(path, [])
    return 0
  }
  return engine.session(async session => {
    const { fields } = contractOf(pipeline, type)
    const { rows, columns } = await curatedRows(session, engine.dialect, fields, curated)
    return (await session.write(exportRows(engine.dialect, table, rows, texts, columns), path, 'csv')).rows
  })
}

/** All of a metric's batch views, from the partials they are combined of: they stream in order of key. */
async function writeViews(
  { lake, engine, batch }: JobFilesPorts,
  texts: CsvTexts,
  metric: Metric,
  table: WarehouseTable,
  path: string,
): Promise<void> {
  const through = (await batch.boundary(metric.id))?.epoch ?? Number.NEGATIVE_INFINITY
  const partials = await partialsIn(lake, await partialPlaces(lake, metric.id, through))
  if (partials.length === 0) return lake.put(path, [])
  await engine.session(async session => {
    const rows = partialRows(session, metric, orderedPartials(engine.dialect, metric, partials))
    async function* lines(): AsyncGenerator<string> {
      for await (const entries of combined(metric, rows))
        yield entries
          .flatMap(({ cells, ...key }) => (cells === undefined ? [] : [metricRow(metric, { ...key, cells })]))
          .map(row => warehouseLine(table, texts, row))
          .join('')
    }
    await lake.put(path, lines())
  })
}
