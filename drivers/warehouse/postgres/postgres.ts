import { join } from 'node:path'
import pg from 'pg'
import type { WarehouseTable } from '../../../core/lake/warehouse-table.ts'
import { type TableMark, tablesOf, type Warehouse } from '../../../core/ports/warehouse.ts'
import { constrain, type LackingConstraints } from './constraints.ts'
import { toWarehouseError } from './errors.ts'
import { loadRows } from './load-rows.ts'
import { claimSchema, qualified, readMarks, type SchemaOwner, writeMark } from './marks.ts'
import { prepareTable } from './prepare-table.ts'
import { admitReader, type Reader, showToReader } from './reader.ts'
import { replaceTable, retireTable } from './replace-table.ts'

export type PostgresSettings = {
  /**
   * `postgres://user:password@host:port/database`, with `?sslmode=require` where the network is not trusted.
   */
  readonly url: string
  /** Folder of the lake, whose files are loaded. */
  readonly lake: string
  /** Schema of the tables, made where there is none. */
  readonly schema: string
  /** Id of the platform, by which its tables are marked. */
  readonly platform: string
  /** Whether the server is the platform's own. */
  readonly isOwnServer?: boolean
  /** The role of BI tools, where the server is the platform's own; what it may not see is masked. */
  readonly reader?: Reader
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
 * Rows are deleted and inserted, never truncated: TRUNCATE would block readers until the load commits. Of an
 * epoch that is loaded again, only the rows that differ. Every name is qualified, and only tables that bear
 * the platform's mark are touched.
 *
 * A job is loaded when `load` resolves; it throws where it fails: TributaryError `unavailable` (no
 * connection, time-out), `corrupt_data` (rows that are not what their columns say) or `storage_failed` (the
 * server refused).
 *
 * @example
 * const warehouse = openPostgresWarehouse({ url: 'postgres://tributary@127.0.0.1:5439/tributary', lake: '/data/lake', schema: 'tributary', platform })
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
  const { schema, platform, isOwnServer = false, reader } = settings
  const owner: SchemaOwner = { schema, platform, isOwnServer, ...(reader !== undefined && { reader }) }
  let isClaimed = false
  const claim = async () => {
    if (isClaimed) return
    await transaction(`take schema ${owner.schema}`, async client => void (await takeSchema(client, owner)))
  }
  const marks = async () => {
    let found: readonly TableMark[] = []
    await transaction(`look into schema ${owner.schema}`, async client => {
      found = await takeSchema(client, owner)
    })
    isClaimed = true
    return found
  }
  const prepare = async (table: WarehouseTable, identity: string) => {
    let lacking: LackingConstraints | undefined
    await transaction(`prepare ${table.name}`, async client => {
      lacking = await prepareTable(client, owner, table, identity)
    })
    if (lacking !== undefined) await constrain(transaction, owner, table, lacking)
  }
  return {
    texts: 'quoted',
    marks,
    async load({ loads, table: alone, mark }) {
      await claim()
      const tables = tablesOf({ loads, ...(alone !== undefined && { table: alone }) })
      for (const table of tables) await prepare(table, mark?.identity ?? '')
      await transaction(`load ${tables.map(({ name }) => name).join(', ')}`, async client => {
        for (const [index, load] of loads.entries())
          await loadRows(client, owner, { ...load, csv: join(settings.lake, load.csv) }, `staging_${index}`)
        if (mark !== undefined) await writeMark(client, owner, mark)
      })
      return { state: 'loaded' }
    },
    async countRows(relation, epochs) {
      const found = new Map<number, number>()
      await transaction(`count rows of ${relation}`, async client => {
        for (const epoch of epochs) {
          const count = `SELECT count(*) AS n FROM ${qualified(owner, relation)} WHERE "epoch" = $1`
          const { rows } = await client.query<{ n: string }>(count, [new Date(epoch).toISOString()])
          found.set(epoch, Number(rows[0]?.n))
        }
      })
      return found
    },
    switchTo: (aside, relation) =>
      transaction(`put ${relation} in place`, client => replaceTable(client, owner, aside, relation)),
    retire: (relation, isToStay) =>
      transaction(`give up ${relation}`, client => retireTable(client, owner, relation, isToStay)),
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

/** Also shows the reader what is declared now: what became sensitive is masked before anything is loaded. */
async function takeSchema(client: pg.ClientBase, owner: SchemaOwner): Promise<readonly TableMark[]> {
  await claimSchema(client, owner)
  await admitReader(client, owner)
  const found = await readMarks(client, owner)
  for (const { relation } of found)
    if (owner.reader?.masked.has(relation)) await showToReader(client, owner, relation)
  return found
}

async function inTransaction(
  pool: pg.Pool,
  lockTimeoutMs: number,
  work: (client: pg.ClientBase) => Promise<void>,
): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query(
      `BEGIN; SET LOCAL TimeZone = 'UTC'; SET LOCAL search_path = pg_catalog; SET LOCAL lock_timeout = ${lockTimeoutMs};` +
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
