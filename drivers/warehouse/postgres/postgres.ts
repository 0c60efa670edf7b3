import { join } from 'node:path'
import pg from 'pg'
import type { WarehouseTable } from '../../../core/lake/warehouse-table.ts'
import type { Warehouse, WarehouseLoad } from '../../../core/ports/warehouse.ts'
import { copyCsv } from './copy.ts'
import { addColumn, comments, createTable, quoted } from './ddl.ts'
import { toWarehouseError } from './errors.ts'

export type PostgresSettings = {
  /**
   * `postgres://user:password@host:port/database`, with `?sslmode=require` where the network is not trusted.
   */
  readonly url: string
  /** Folder of the lake, whose files are loaded. */
  readonly lake: string
  /** Awaited before every use: a server that is still starting, or has to be started again. */
  readonly ready?: () => Promise<void>
  /** Longest wait for a connection, ms (5,000). */
  readonly connectTimeoutMs?: number
  /** Longest statement, ms (300,000). Also the longest wait for another load to end. */
  readonly statementTimeoutMs?: number
}

/** The warehouse and the end of its connections. */
export type PostgresWarehouse = Warehouse & { close(): Promise<void> }

/**
 * The warehouse on any PostgreSQL, by URL (tried with 15 and 18).
 *
 * Loads and changes of tables take one advisory lock, so that those of several processes never interleave.
 * Rows are deleted and inserted, never truncated: TRUNCATE would block readers until the load commits.
 *
 * A job is loaded when `load` resolves; it throws where it fails: TributaryError `unavailable` (no
 * connection, time-out), `corrupt_data` (rows that are not what their columns say) or `storage_failed` (the
 * server refused).
 *
 * @example
 * const warehouse = openPostgresWarehouse({ url: 'postgres://tributary@127.0.0.1:5439/tributary', lake: '/data/lake' })
 * await warehouse.load({ name: 'run-1', loads: [{ table, csv: 'exports/rows.csv', replaces: { kind: 'epoch', epoch } }] })
 */
export function openPostgresWarehouse(settings: PostgresSettings): PostgresWarehouse {
  const statementTimeoutMs = settings.statementTimeoutMs ?? 300_000
  const pool = connectionPool(settings, statementTimeoutMs)
  const transaction = async (what: string, work: (client: pg.ClientBase) => Promise<void>) => {
    await settings.ready?.()
    try {
      await inTransaction(pool, statementTimeoutMs, work)
    } catch (cause) {
      throw toWarehouseError(what, cause)
    }
  }
  return {
    texts: 'quoted',
    async load({ loads }) {
      for (const { table } of loads)
        await transaction(`prepare ${table.name}`, client => prepareTable(client, table))
      const names = [...new Set(loads.map(load => load.table.name))].join(', ')
      await transaction(`load ${names}`, async client => {
        for (const [index, load] of loads.entries())
          await loadTable(client, { ...load, csv: join(settings.lake, load.csv) }, `staging_${index}`)
      })
      return { state: 'loaded' }
    },
    // `load` never answers with a statement.
    ask: async () => ({ state: 'loaded' }),
    stop: async () => {},
    close: () => pool.end(),
  }
}

function connectionPool(settings: PostgresSettings, statementTimeoutMs: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: settings.url,
    application_name: 'tributary',
    max: 2,
    connectionTimeoutMillis: settings.connectTimeoutMs ?? 5000,
    statement_timeout: statementTimeoutMs,
    // The client's own clock, for a server or network that has gone silent.
    query_timeout: statementTimeoutMs + 5000,
    // A process that freezes in the middle of a load must not keep its locks.
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
    idleTimeoutMillis: 60_000,
    allowExitOnIdle: true,
  })
  // A lost connection makes the statement in flight, or the next one, fail, and that is reported. Without
  // listeners the same loss would end the process.
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  return pool
}

async function inTransaction(
  pool: pg.Pool,
  lockTimeoutMs: number,
  work: (client: pg.ClientBase) => Promise<void>,
): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query(
      `BEGIN; SET LOCAL TimeZone = 'UTC'; SET LOCAL lock_timeout = ${lockTimeoutMs};` +
        " SELECT pg_advisory_xact_lock(hashtextextended('tributary.warehouse', 0))",
    )
    await work(client)
    await client.query('COMMIT')
  } catch (error) {
    // Closing the connection rolls back for certain; a ROLLBACK could fail as well, or wait on a broken
    // stream.
    client.release(true)
    throw error
  }
  client.release()
}

async function prepareTable(client: pg.ClientBase, table: WarehouseTable): Promise<void> {
  for (const sql of createTable(table)) await client.query(sql)
  // ALTER TABLE locks readers out even where there is nothing to add, so ask first.
  const { rows } = await client.query<{ name: string }>(
    'SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped',
    [quoted(table.name)],
  )
  const existing = new Set(rows.map(row => row.name))
  for (const sql of comments({ ...table, columns: table.columns.filter(c => existing.has(c.name)) }))
    await client.query(sql)
  // A new column needs the table for itself for an instant. Whoever waits for that also holds up every reader
  // behind it, so give up soon and let the caller try again.
  await client.query('SET LOCAL lock_timeout = 3000')
  for (const column of table.columns.filter(c => !existing.has(c.name))) {
    await client.query(addColumn(table, column))
    await client.query(comments({ ...table, columns: [column] }).at(-1)!)
  }
}

async function loadTable(client: pg.ClientBase, load: WarehouseLoad, staging: string): Promise<void> {
  const table = quoted(load.table.name)
  const columns = load.table.columns.map(column => quoted(column.name))
  if (load.replaces.kind === 'epoch') {
    const epoch = new Date(load.replaces.epoch).toISOString()
    await client.query(`DELETE FROM ${table} WHERE epoch = $1`, [epoch])
    return copyCsv(client, { table, columns, csv: load.csv })
  }
  const list = columns.join(', ')
  await client.query(
    `CREATE TEMP TABLE ${staging} ON COMMIT DROP AS SELECT ${list} FROM ${table} WITH NO DATA`,
  )
  await copyCsv(client, { table: staging, columns, csv: load.csv })
  await client.query(
    `INSERT INTO ${table} (${list}) SELECT ${list} FROM ${staging}` +
      ` ON CONFLICT (${load.table.key.map(quoted).join(', ')}) ${onConflict(load.table)}`,
  )
}

function onConflict(table: WarehouseTable): string {
  const values = table.columns.filter(column => !table.key.includes(column.name)).map(c => quoted(c.name))
  if (values.length === 0) return 'DO NOTHING'
  return `DO UPDATE SET ${values.map(name => `${name} = EXCLUDED.${name}`).join(', ')}`
}
