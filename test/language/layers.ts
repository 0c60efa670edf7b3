import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { rowsOf } from '../drivers/warehouse/server.ts'
import { shownText } from './expected.ts'
import { columnOf, type Leaf } from './written.ts'

/** Rows of a table by the id of their event, columns in the order of the leaves. */
export type Rows = ReadonlyMap<string, readonly (string | null)[]>

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** The curated Parquet files of each type, as any reader of Parquet sees them. */
export async function readLake(
  data: string,
  types: ReadonlyMap<string, readonly Leaf[]>,
): Promise<ReadonlyMap<string, Rows>> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  const found = new Map<string, Rows>()
  for (const [type, leaves] of types) {
    const columns = leaves.map((leaf, i) => `${inDuckdb(leaf)} AS c${i}`)
    const files = join(data, 'lake', 'curated', `type=${type}`, '*', '*.parquet')
    const reader = await connection.runAndReadAll(
      `SELECT event_id AS id, ${columns.join(', ')} FROM read_parquet('${files}', union_by_name = true, hive_partitioning = false)`,
    )
    found.set(type, byId(reader.getRowObjectsJS(), leaves))
  }
  connection.closeSync()
  instance.closeSync()
  return found
}

function inDuckdb(leaf: Leaf): string {
  const name = quoted(columnOf(leaf))
  // Marked, as this client takes a byte order mark at the front of a text for none of it.
  return leaf.kind === 'instant' ? `':' || epoch_us(${name})::VARCHAR` : `':' || ${name}::VARCHAR`
}

/** The table of each type in the warehouse. */
export async function readWarehouse(
  url: string,
  tables: ReadonlyMap<string, readonly [table: string, leaves: readonly Leaf[]]>,
): Promise<ReadonlyMap<string, Rows>> {
  const found = new Map<string, Rows>()
  for (const [type, [table, leaves]] of tables) {
    const columns = leaves.map((leaf, i) => `${inPostgres(leaf)} AS c${i}`)
    const rows = await rowsOf(
      url,
      `SELECT event_id AS id, ${columns.join(', ')} FROM public.${quoted(table)}`,
    )
    found.set(type, byId(rows, leaves))
  }
  return found
}

function inPostgres(leaf: Leaf): string {
  const name = quoted(columnOf(leaf))
  return leaf.kind === 'instant'
    ? `':' || (extract(epoch FROM ${name}) * 1000000)::bigint::text`
    : `':' || ${name}::text`
}

function byId(rows: readonly Readonly<Record<string, unknown>>[], leaves: readonly Leaf[]): Rows {
  const found = new Map<string, readonly (string | null)[]>()
  for (const row of rows) {
    const id = row['id'] as string
    if (found.has(id)) throw new Error(`${id} stands there twice`)
    found.set(
      id,
      leaves.map((leaf, i) => shownText(leaf, (row[`c${i}`] as string | null)?.slice(1) ?? null)),
    )
  }
  return found
}
