import { epochAgain } from '../../core/lake/lake-paths.ts'
import { exportsOfModel, modelFolder, modelWhole, newestVersion } from '../../core/lake/model-paths.ts'
import type { WarehouseTable } from '../../core/lake/warehouse-table.ts'
import type { Model } from '../../core/models/model.ts'
import type { LakeEngine } from '../../core/ports/lake-engine.ts'
import type { CsvTexts, TableMark } from '../../core/ports/warehouse.ts'
import { exportRows } from '../../core/sql/export.ts'
import { query } from '../../core/sql/query.ts'
import { epochsIn } from '../batch/lookup.ts'
import { asDeclared, type ModelSourcePorts, modelRelations, modelRows } from '../models/model-sources.ts'
import type { NextJobPorts, NextStep } from './next-job.ts'
import { targetOf, type WantedTable } from './tables.ts'

/** Loads of one transaction. */
const MOST_LOADS = 12

/**
 * The next step of a model's table. One that is incremental goes on by epochs, as events do; any other is
 * filled aside, with all of its rows, and switched to.
 */
export function stepOfModel(
  ports: NextJobPorts,
  wanted: WantedTable,
  model: Model,
  marks: ReadonlyMap<string, TableMark>,
): Promise<NextStep> {
  return model.header.kind === 'incremental'
    ? stepByEpochs(ports, wanted, model, marks)
    : stepAsWhole(ports, wanted, model, marks)
}

async function stepByEpochs(
  { lake }: NextJobPorts,
  wanted: WantedTable,
  model: Model,
  marks: ReadonlyMap<string, TableMark>,
): Promise<NextStep> {
  const target = targetOf(wanted, marks, () => true)
  if (target.toDrop !== undefined) return { kind: 'drop', relation: target.toDrop }
  const through = target.mark?.through ?? -1
  const again = (await lake.list(exportsOfModel(model.id))).map(({ path }) => path)
  const repeated = again.map(epochAgain).filter(epoch => epoch !== undefined)
  // A table that is new takes what is there; from then on marks say what was made.
  const due = target.mark === undefined ? await epochsIn(lake, modelFolder(model.id)) : []
  const items = [...new Set([...repeated, ...due])].sort((a, b) => a - b).slice(0, MOST_LOADS)
  const named = { table: wanted.table.name, relation: target.relation, isWhole: false, gone: [] }
  if (items.length === 0) {
    if (target.isAside && target.mark !== undefined) return { kind: 'switch', aside: target.relation }
    if (target.mark?.identity === wanted.identity) return undefined
    return {
      kind: 'load',
      plan: { ...named, items: target.mark === undefined ? [0] : [], through, done: [] },
    }
  }
  const done = again.filter(path => items.includes(epochAgain(path) ?? -1))
  return { kind: 'load', plan: { ...named, items, through: Math.max(through, items.at(-1)!), done } }
}

async function stepAsWhole(
  { lake }: NextJobPorts,
  wanted: WantedTable,
  model: Model,
  marks: ReadonlyMap<string, TableMark>,
): Promise<NextStep> {
  const version = await versionIn(lake, model)
  const target = targetOf(wanted, marks, ({ through }) => through === version)
  if (target.toDrop !== undefined) return { kind: 'drop', relation: target.toDrop }
  const { relation, mark } = target
  if (mark !== undefined && target.isAside) return { kind: 'switch', aside: relation }
  if (mark !== undefined && mark.identity === wanted.identity) return undefined
  const items = mark === undefined ? [version] : []
  const named = { table: wanted.table.name, relation, isWhole: false, gone: [], done: [] }
  return { kind: 'load', plan: { ...named, items, through: version } }
}

/** How often a model was made; 0: never. */
async function versionIn(lake: NextJobPorts['lake'], { id }: Model): Promise<number> {
  return newestVersion((await lake.list(modelWhole(id))).map(({ path }) => path))
}

/** Rows of an epoch of a model, or all of it, as a file for the warehouse. */
export async function writeModel(
  ports: ModelSourcePorts & { readonly engine: LakeEngine },
  texts: CsvTexts,
  table: WarehouseTable,
  { model, item }: { readonly model: Model; readonly item: number },
  path: string,
): Promise<number> {
  const { engine } = ports
  const some = { from: item, through: item }
  const rows =
    model.header.kind === 'incremental'
      ? asDeclared(engine.dialect, model.columns, await modelRelations(ports, model, some))
      : await modelRows(ports, model)
  const dialect = { ...engine.dialect, scan: () => query`${rows}` }
  const relation = { kind: 'model', model: model.id, epoch: item, parts: [] } as const
  const present = new Set(table.columns.map(({ name }) => name))
  return engine.session(async session => {
    const written = await session.write(exportRows(dialect, table, relation, texts, present), path, 'csv')
    return written.rows
  })
}
