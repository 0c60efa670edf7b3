import pg from 'pg'
import type { TableCatalog } from '../../../core/ports/table-catalog.ts'
import { literal, quoted } from '../../warehouse/postgres/ddl.ts'
import { toWarehouseError } from '../../warehouse/postgres/errors.ts'
import { createTables, NAMESPACES, TABLES } from './statements.ts'

export type JdbcCatalogSettings = {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string
  /** Schema of the catalog's two tables, which is there. */
  readonly schema: string
  /** Name of the catalog: that which readers say (`tributary`). */
  readonly name?: string
  /** A role that may read the catalog, of a server that is the platform's own. */
  readonly reader?: string
  /** Awaited before every use: a server that is still starting, or has to be started again. */
  readonly ready?: () => Promise<void>
}

/** The catalog and the end of its connection. */
export type JdbcCatalog = TableCatalog & { close(): Promise<void> }

const TIMEOUT_MS = 10_000

/**
 * The catalog of one machine: the tables that Iceberg's own JDBC catalog keeps in a database, so that Spark,
 * Trino and pyiceberg read it, and write to it, without a word of ours. Whose commit is the first is decided
 * by the database: a row changes where it says what was expected.
 *
 * @see https://iceberg.apache.org/docs/latest/jdbc/
 */
export function openJdbcCatalog(settings: JdbcCatalogSettings): JdbcCatalog {
  const { url, schema, name = 'tributary', reader, ready } = settings
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'tributary-tables',
    max: 1,
    connectionTimeoutMillis: 5000,
    statement_timeout: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS + 5000,
    keepAlive: true,
    allowExitOnIdle: true,
  })
  // What is lost makes the next statement fail, and that is reported.
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  const at = (table: string) => `${quoted(schema)}.${table}`
  let isMade: Promise<unknown> | undefined
  const ask = async <R extends pg.QueryResultRow>(what: string, sql: string, values: readonly unknown[]) => {
    await ready?.()
    try {
      isMade ??= pool.query(createTables(at, reader && quoted(reader))).catch((error: unknown) => {
        isMade = undefined
        throw error
      })
      await isMade
      return await pool.query<R>(sql, [...values])
    } catch (cause) {
      throw toWarehouseError(`catalog of tables: ${what}`, cause)
    }
  }
  const whose = `catalog_name = ${literal(name)} AND table_namespace = $1`
  return {
    async location({ namespace, table }) {
      type Row = { readonly metadata_location: string }
      const sql = `SELECT metadata_location FROM ${at(TABLES)} WHERE ${whose} AND table_name = $2`
      const { rows } = await ask<Row>(`look for ${namespace}.${table}`, sql, [namespace, table])
      return rows[0]?.metadata_location
    },
    async tables(namespace) {
      type Row = { readonly table_name: string }
      const sql = `SELECT table_name FROM ${at(TABLES)} WHERE ${whose} ORDER BY table_name COLLATE "C"`
      const { rows } = await ask<Row>(`list ${namespace}`, sql, [namespace])
      return rows.map(row => row.table_name)
    },
    async commit({ namespace, table }, expected, next) {
      const what = `commit ${namespace}.${table}`
      if (expected !== undefined) {
        const sql = `UPDATE ${at(TABLES)} SET metadata_location = $4, previous_metadata_location = $3
WHERE ${whose} AND table_name = $2 AND metadata_location = $3`
        const { rowCount } = await ask(what, sql, [namespace, table, expected, next])
        return rowCount === 1 ? 'committed' : 'conflict'
      }
      const space = `INSERT INTO ${at(NAMESPACES)} VALUES (${literal(name)}, $1, 'exists', 'true') ON CONFLICT DO NOTHING`
      await ask(what, space, [namespace])
      const sql = `INSERT INTO ${at(TABLES)} (catalog_name, table_namespace, table_name, metadata_location, iceberg_type)
VALUES (${literal(name)}, $1, $2, $3, 'TABLE') ON CONFLICT DO NOTHING`
      const { rowCount } = await ask(what, sql, [namespace, table, next])
      return rowCount === 1 ? 'committed' : 'conflict'
    },
    async drop({ namespace, table }) {
      const sql = `DELETE FROM ${at(TABLES)} WHERE ${whose} AND table_name = $2`
      await ask(`drop ${namespace}.${table}`, sql, [namespace, table])
    },
    close: () => pool.end(),
  }
}
