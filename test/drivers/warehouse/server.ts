import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { serverAccount } from '../../../drivers/warehouse/embedded-postgres/account.ts'
import { postgresBinaries } from '../../../drivers/warehouse/embedded-postgres/binaries.ts'
import {
  type EmbeddedPostgres,
  openEmbeddedPostgres,
} from '../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import { inSingleUserMode } from '../../../drivers/warehouse/embedded-postgres/single-user.ts'

export const PASSWORDS = { owner: 'of-the-owner-0', reader: 'of-the-reader-0' } as const

/** A folder that the account which runs PostgreSQL can reach. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-warehouse-'))
  await chmod(folder, 0o755)
  return folder
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise(done => server.close(done))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/**
 * A server of its own in a folder, that runs, after statements of the superuser that nobody can connect as:
 * what somebody else's server may have.
 */
export async function openServer(
  folder: string,
  statements: readonly string[] = [],
): Promise<EmbeddedPostgres> {
  const settings = { folder, port: await freePort(), passwords: PASSWORDS }
  const first = openEmbeddedPostgres(settings)
  await first.ready
  if (statements.length === 0) return first
  await first.stop()
  const [binaries, account] = [await postgresBinaries(), await serverAccount()]
  const deadline = performance.now() + 20_000
  await inSingleUserMode({ binaries, account, folder, deadline }, 'postgres', statements)
  const again = openEmbeddedPostgres(settings)
  await again.ready
  return again
}

/** All rows of one statement on a connection of its own. */
export async function rowsOf(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    query_timeout: 20_000,
  })
  // A server that stops between two statements tells the client, not a statement.
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
