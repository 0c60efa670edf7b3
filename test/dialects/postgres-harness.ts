import pg from 'pg'
import type { Dialect } from '../../core/sql/dialect.ts'
import type { DialectHarness } from '../contracts/dialect.ts'
import { openServer, removeFolder, temporaryFolder } from '../drivers/warehouse/server.ts'
import { tableStatements } from './literal-rows.ts'

export const TABLE = 'curated'

/** A PostgreSQL in another time zone than UTC, after statements that prepare it. */
export async function postgresHarness(
  dialect: Dialect,
  statements: readonly string[] = [],
  collation = LOCAL,
): Promise<DialectHarness> {
  const folder = await temporaryFolder()
  const server = await openServer(folder)
  const client = new pg.Client({ connectionString: server.url, query_timeout: 100_000 })
  await client.connect()
  for (const statement of ["SET timezone = 'America/New_York'", ...statements]) await client.query(statement)
  return {
    dialect,
    hasNul: false,
    load: async curated => {
      for (const sql of tableStatements(dialect, TABLE, curated, syntaxOf(collation))) await client.query(sql)
    },
    rows: async sql => (await client.query<Record<string, unknown>>(sql)).rows,
    dispose: async () => {
      await client.end()
      await server.stop()
      await removeFolder(folder)
    },
  }
}

/** A collation by which "A" is beside "a": what compares by it, and not by bytes, is found. */
const LOCAL = 'und-x-icu'

const syntaxOf = (collation: string) => ({
  types: {
    VARCHAR: `TEXT COLLATE "${collation}"`,
    DOUBLE: 'DOUBLE PRECISION',
    'TIMESTAMP WITH TIME ZONE': 'TIMESTAMPTZ',
  },
  instantOfMs: (ms: string) => `TIMESTAMPTZ '1970-01-01 00:00:00Z' + ${ms} * INTERVAL '1 millisecond'`,
})
