import type { Contract } from '../../core/declare/pipeline.ts'
import { eightBytes } from '../../core/iceberg/avro.ts'
import type { NewFile } from '../../core/iceberg/change.ts'
import type { DataFile } from '../../core/iceberg/manifest.ts'
import { partitionOf } from '../../core/iceberg/partition-spec.ts'
import { staged } from '../../core/lake/lake-paths.ts'
import type { LakeEngine, LakeRow, LakeSession } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { TableFile, TableFiles } from '../../core/ports/table-files.ts'
import type { LakeDialect } from '../../core/sql/dialect.ts'
import { query } from '../../core/sql/query.ts'
import { curatedRows } from '../batch/curated-rows.ts'
import { relationAt } from '../batch/lookup.ts'
import { partialsAt } from '../batch/settle.ts'

/** The data files of an epoch, and the columns that they have. */
export type EpochFiles = {
  /** ms. */
  readonly epoch: number
  readonly parts: readonly Part[]
  readonly columns: ReadonlySet<string>
}

type Part = TableFile & {
  readonly rows: number
  /** Least and largest instant of columns, ms. */
  readonly instants: ReadonlyMap<string, { readonly from: number; readonly to: number }>
}

export type EpochFilesPorts = {
  readonly lake: LakeFolder
  readonly engine: LakeEngine
  readonly files: TableFiles
}

/** Of these the bounds are noted, so that a reader of some days opens few files. */
const BOUNDED = ['event_time', 'received_at', 'epoch']

/**
 * Makes the curated files of an epoch data files of a table. Where a field has become wider since, they are
 * written as it is declared now: Iceberg reads no integers as decimals.
 */
export async function epochFiles(
  { lake, engine, files }: EpochFilesPorts,
  contract: Contract,
  epoch: number,
  folder: string,
): Promise<EpochFiles> {
  const place = { kind: 'curated', type: contract.type, epoch } as const
  const relation = await relationAt(lake, place)
  if (relation.parts.length === 0) return { epoch, parts: [], columns: new Set() }
  return engine.session(async session => {
    const { dialect } = engine
    const { rows, columns } = await curatedRows(session, dialect, contract.fields, relation)
    const beside = staged(`tables/${relation.parts[0]!}`)
    const isWider = rows.recast !== undefined
    if (isWider)
      await session.write(query`SELECT * FROM ${dialect.scan([rows])} AS c`, beside, 'open-parquet')
    const written = { ...relation, parts: isWider ? [beside] : relation.parts }
    const stats = await partStats(session, dialect, written)
    const parts = await Promise.all(
      stats.map(async row => ({ ...(await files.keep(String(row['__part']), folder)), ...countedIn(row) })),
    )
    if (isWider) await lake.remove(beside)
    return { epoch, parts, columns }
  })
}

/** Makes the partials of an epoch a data file of a table. */
export async function partialFiles(
  { lake, engine, files }: EpochFilesPorts,
  metric: string,
  epoch: number,
  folder: string,
): Promise<EpochFiles> {
  const relation = await partialsAt(lake, { kind: 'partials', metric, epoch })
  if (relation === undefined) return { epoch, parts: [], columns: new Set() }
  return engine.session(async session => {
    const { dialect } = engine
    const [counted] = await session.rows(query`SELECT count(*) AS n FROM ${dialect.scan([relation])} AS p`)
    const described = await session.rows(dialect.columns([relation]))
    const part = { ...(await files.keep(relation.parts[0]!, folder)), rows: Number(counted?.['n']) }
    const columns = new Set(described.map(row => String(row['column_name'])))
    return { epoch, parts: [{ ...part, instants: new Map() }], columns }
  })
}

function partStats(
  session: LakeSession,
  dialect: LakeDialect,
  relation: Parameters<LakeDialect['scanPlaced']>[0],
): Promise<readonly LakeRow[]> {
  const bounds = BOUNDED.flatMap(name => {
    const ms = dialect.msOfInstant(dialect.identifier(name))
    return [`min(${ms}) AS ${name}_from`, `max(${ms}) AS ${name}_to`]
  })
  return session.rows(
    query`SELECT __part, count(*) AS n, ${bounds.join(', ')} FROM ${dialect.scanPlaced(relation)} AS p GROUP BY __part ORDER BY __part`,
  )
}

function countedIn(row: LakeRow): Pick<Part, 'rows' | 'instants'> {
  const bound = (name: string) => ({ from: Number(row[`${name}_from`]), to: Number(row[`${name}_to`]) })
  return { rows: Number(row['n']), instants: new Map(BOUNDED.map(name => [name, bound(name)])) }
}

/** The same as a snapshot adds them. `idOf`: the id of a column. */
export function newFiles(
  { epoch, parts }: EpochFiles,
  dayOf: string | undefined,
  idOf: (column: string) => number,
): readonly NewFile[] {
  return parts
    .filter(({ rows }) => rows > 0)
    .map(part => {
      const { spec, partition } = partitionOf(
        epoch,
        dayOf === undefined ? undefined : part.instants.get(dayOf),
      )
      return { spec, file: dataFile(part, partition, idOf) }
    })
}

function dataFile(
  { uri, bytes, rows, instants }: Part,
  partition: DataFile['partition'],
  idOf: (column: string) => number,
): DataFile {
  // Instants have microseconds, of which bounds are told in milliseconds: a little wider is right too.
  const bound = (side: 'from' | 'to', add: bigint) =>
    [...instants]
      .map(([name, range]) => ({ key: idOf(name), value: eightBytes(BigInt(range[side]) * 1000n + add) }))
      .sort((a, b) => a.key - b.key)
  return {
    content: 0,
    ...{ file_path: uri, file_format: 'PARQUET', partition },
    ...{ record_count: BigInt(rows), file_size_in_bytes: BigInt(bytes) },
    ...{ lower_bounds: bound('from', 0n), upper_bounds: bound('to', 999n), sort_order_id: 0 },
  }
}
