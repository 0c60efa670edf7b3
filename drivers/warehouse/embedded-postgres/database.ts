import pg from 'pg'
import { quoted } from '../postgres/ddl.ts'
import { toWarehouseError } from '../postgres/errors.ts'
import { SUPERUSER } from './cluster.ts'

/** The role for BI tools. */
export const READER = 'tributary_reader'

/**
 * Creates the database of a URL and the reading role, where they do not exist.
 *
 * @throws TributaryError `unavailable` or `storage_failed`
 */
export async function makeDatabase(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1)
  try {
    await connected(withDatabase(url, 'postgres'), async client => {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
      if (rowCount === 0) await client.query(`CREATE DATABASE ${quoted(name)}`)
    })
    await connected(url, async client => {
      const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [READER])
      if (rowCount === 0) await client.query(CREATE_READER)
    })
  } catch (cause) {
    throw toWarehouseError(`create database ${name}`, cause)
  }
}

/** One implicit transaction, so there is no role without its rights. The rights cover tables yet to come. */
const CREATE_READER = `
  CREATE ROLE ${READER} LOGIN;
  ALTER ROLE ${READER} SET default_transaction_read_only = on;
  GRANT USAGE ON SCHEMA public TO ${READER};
  GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${READER};
  ALTER DEFAULT PRIVILEGES FOR ROLE ${SUPERUSER} IN SCHEMA public GRANT SELECT ON TABLES TO ${READER}`

async function connected(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    statement_timeout: 30_000,
    query_timeout: 35_000,
  })
  // The statement in flight reports the same loss; without a listener it would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    await work(client)
  } finally {
    await client.end()
  }
}

function withDatabase(url: string, name: string): string {
  const other = new URL(url)
  other.pathname = `/${name}`
  return other.href
}
