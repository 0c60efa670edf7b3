import { tallyId } from '../../core/cells/tally.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { TributaryError } from '../../core/errors.ts'
import { curatedOfType, rawOfType } from '../../core/lake/lake-paths.ts'
import type { Relation, TypePlace } from '../../core/lake/relation.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import { duckdbDialect } from '../../core/sql/duckdb/duckdb.ts'
import { curatedView, emptyView, metricView, rawView } from '../../core/statements/lake-views.ts'
import type { QueryTable, Tabled } from '../../core/statements/query-tables.ts'
import type { OpenedTable } from '../../core/statements/statement.ts'
import { limitedView, type VisibleTable } from '../../core/statements/visible-tables.ts'
import { epochsIn, relationAt } from '../batch/lookup.ts'
import { partialPlaces, partialsIn } from '../batch/retention/all-partials.ts'
import { committedJournals } from '../explain/stored-cells.ts'
import { modelRows } from '../models/model-sources.ts'

export type OpenTablesPorts = {
  readonly lake: LakeFolder
  readonly pipeline: Tabled
  /** ms. */
  readonly epochLength: number
  readonly batchViews: Pick<BatchViews, 'boundary'>
  /** Folder in which the engine finds the objects of the lake. */
  readonly root: string
}

/** Files that are opened for one statement, at most: each is looked into for its columns. */
const MOST_FILES = 20_000

/**
 * Finds what the tables of a statement are made of at this moment: published epochs of curated rows and of
 * partials, through the boundary, and all raw lines. A folder may have more: what a run is building, and what
 * it has replaced.
 *
 * @throws TributaryError `too_large`; of the store
 */
export async function openTables(
  ports: OpenTablesPorts,
  tables: readonly VisibleTable[],
): Promise<readonly OpenedTable[]> {
  const opened = await Promise.all(tables.map(table => openTable(ports, table)))
  const files = opened.reduce((sum, one) => sum + one.files.length, 0)
  if (files <= MOST_FILES) return opened
  throw new TributaryError(
    'too_large',
    `the tables of the statement have ${files} files, and ${MOST_FILES} are read at most; read the lake by an engine of your own (docs/read-the-lake.md)`,
  )
}

async function openTable(ports: OpenTablesPorts, { table, rows }: VisibleTable): Promise<OpenedTable> {
  const { schema, name } = table
  const { root } = ports
  if (table.schema === 'model') {
    const { sql, reads } = await modelRows(modelPorts(ports), table.model)
    const files = reads.flatMap(({ parts }) => parts.map(part => `${root}/${part}`))
    return { schema, name, sql: `SELECT * FROM ${sql} AS m`, files, isCopied: false }
  }
  const relations = await relationsOf(ports, table)
  const parts = relations.flatMap(relation => relation.parts)
  const files = parts.map(part => `${root}/${part}`)
  const sqlOf = () => {
    if (parts.length === 0) return emptyView(table)
    if (table.schema === 'metric') return metricView(root, table.metric, relations)
    return table.schema === 'raw' ? rawView(root, parts) : curatedView(root, relations)
  }
  const sql = rows === undefined ? sqlOf() : limitedView(sqlOf(), table, rows)
  return { schema, name, sql, files, isCopied: rows !== undefined }
}

const modelPorts = ({ root, batchViews, ...ports }: OpenTablesPorts) => ({
  ...{ ...ports, batch: batchViews, engine: { dialect: duckdbDialect(root) } },
})

function relationsOf(
  ports: OpenTablesPorts,
  table: Exclude<QueryTable, { readonly schema: 'model' }>,
): Promise<readonly Relation[]> {
  if (table.schema === 'metric') return partialsOf(ports, table.metric)
  return table.schema === 'raw' ? rawOf(ports, table.contract.type) : curatedOf(ports, table.contract.type)
}

async function curatedOf({ lake, batchViews }: OpenTablesPorts, type: string): Promise<readonly Relation[]> {
  const boundary = await batchViews.boundary(tallyId(type))
  if (boundary === undefined) return []
  const epochs = await epochsIn(lake, curatedOfType(type))
  const published = epochs.filter(epoch => epoch <= boundary.epoch)
  return filled(
    lake,
    published.map(epoch => ({ kind: 'curated', type, epoch })),
  )
}

async function rawOf({ lake }: OpenTablesPorts, type: string): Promise<readonly Relation[]> {
  const epochs = await epochsIn(lake, rawOfType(type))
  return filled(
    lake,
    epochs.map(epoch => ({ kind: 'raw', type, epoch })),
  )
}

async function filled(lake: LakeFolder, places: readonly TypePlace[]): Promise<readonly Relation[]> {
  if (places.length > MOST_FILES)
    throw new TributaryError(
      'too_large',
      `the type has ${places.length} epochs, and ${MOST_FILES} are read at most`,
    )
  const relations: Relation[] = []
  for (const place of places) {
    const relation = await relationAt(lake, place)
    if (relation.parts.length > 0) relations.push(relation)
  }
  return relations
}

/** Partials of committed epochs; those that are not in their place yet are in the way there. */
async function partialsOf(
  { lake, batchViews }: OpenTablesPorts,
  { id }: Metric,
): Promise<readonly Relation[]> {
  const boundary = await batchViews.boundary(id)
  if (boundary === undefined) return []
  const places = await partialPlaces(lake, id, boundary.epoch)
  const fresh = await committedJournals(lake, id, boundary.generation)
  const settled = places.filter(
    ({ epoch, kind }) => kind === 'condensed' || !fresh.some(one => one.epoch === epoch),
  )
  return [...(await partialsIn(lake, settled)), ...fresh]
}
