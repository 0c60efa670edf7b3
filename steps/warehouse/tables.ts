import { hash } from 'node:crypto'
import { tallyId } from '../../core/cells/tally.ts'
import { type Remembered, requiredColumns } from '../../core/declare/changes/remembered.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { contractIdentity, goesOn, metricIdentity, modelIdentity } from '../../core/lake/table-identity.ts'
import { contractTable, metricTable, type WarehouseTable } from '../../core/lake/warehouse-table.ts'
import type { Model } from '../../core/models/model.ts'
import { modelTable } from '../../core/models/model-table.ts'
import type { TableMark } from '../../core/ports/warehouse.ts'

/** A table that the declarations ask for, and what fills it. */
export type WantedTable = {
  readonly table: WarehouseTable
  readonly identity: string
  /** Whose boundary it follows. */
  readonly boundary: string
  readonly source:
    | { readonly kind: 'type'; readonly type: string }
    | { readonly kind: 'metric'; readonly metric: Metric }
    | { readonly kind: 'model'; readonly model: Model }
}

/**
 * Every table that the declarations ask for: of types first, as metrics are read beside them. Where nobody
 * remembers what stored events were declared as, a column of a field may be NULL.
 */
export function wantedTables(
  { latest, metrics, models }: Pipeline,
  remembered?: Remembered,
): readonly WantedTable[] {
  const types = [...latest.values()].map((contract): WantedTable => {
    const required = requiredColumns(remembered, contract.type)
    const table = contractTable(contract, [...latest.keys()], required)
    const { type } = contract
    const source = { kind: 'type', type } as const
    return { table, source, boundary: tallyId(type), identity: contractIdentity(type, table) }
  })
  const ofMetrics = metrics.map((metric): WantedTable => {
    const table = metricTable(metric, requiredColumns(remembered, metric.type))
    const source = { kind: 'metric', metric } as const
    return { table, source, boundary: metric.id, identity: metricIdentity(metric, table) }
  })
  // A view of the lake's SQL would be a copy here that nobody brings up to date.
  const stored = models.filter(({ header }) => header.kind !== 'view')
  const ofModels = stored.map((model): WantedTable => {
    const table = modelTable(model)
    const source = { kind: 'model', model } as const
    return { table, source, boundary: model.id, identity: modelIdentity(model, table) }
  })
  return [...types, ...ofMetrics, ...ofModels]
}

/** Where a table is filled that takes the place of another. No declaration can bear this name. */
export function asideName(name: string): string {
  return `new-${hash('md5', name, 'hex')}`
}

/** What a table is to be loaded into, and how far that is. */
export type Target = {
  readonly relation: string
  readonly isAside: boolean
  readonly mark: TableMark | undefined
  /** A table aside that is of no use any more. */
  readonly toDrop?: string
}

/**
 * The table itself where it is not there yet or goes on; else one aside, which takes its place once it is
 * full.
 *
 * @param canGoOn whether all that came after a mark is still there to be loaded
 */
export function targetOf(
  { table: { name }, identity }: WantedTable,
  marks: ReadonlyMap<string, TableMark>,
  canGoOn: (mark: TableMark) => boolean,
): Target {
  const isUsable = (mark: TableMark) => goesOn(mark.identity, identity) && canGoOn(mark)
  const held = marks.get(name)
  const aside = asideName(name)
  const filling = marks.get(aside)
  const left = filling !== undefined && { toDrop: aside }
  if (held === undefined || isUsable(held)) return { relation: name, isAside: false, mark: held, ...left }
  if (filling === undefined) return { relation: aside, isAside: true, mark: undefined }
  if (isUsable(filling)) return { relation: aside, isAside: true, mark: filling }
  return { relation: aside, isAside: true, mark: undefined, toDrop: aside }
}
