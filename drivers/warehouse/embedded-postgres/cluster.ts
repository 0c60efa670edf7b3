import { spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { TributaryError } from '../../../core/errors.ts'
import type { WarehousePasswords } from '../../keys/warehouse-passwords.ts'
import type { ServerAccount } from './account.ts'
import type { PostgresBinaries } from './binaries.ts'
import { findPostmaster } from './postmaster.ts'

/**
 * A server to run: programs, account, real path of the data folder, port, deadline of its start
 * (`performance.now`).
 */
export type Cluster = {
  readonly binaries: PostgresBinaries
  readonly account: ServerAccount
  readonly folder: string
  readonly log: string
  readonly port: number
  readonly passwords: WarehousePasswords
  readonly deadline: number
}

/**
 * How a start went: `locked` when a dead server's pid file still stands, which its kernel clears within
 * seconds.
 */
export type Launch = 'ready' | 'locked'

/**
 * Starts the server in a process group of its own, so that neither Ctrl-C nor the death of this process takes
 * it along, and waits until it accepts connections.
 *
 * @throws TributaryError `invalid_setting` (port taken), `unavailable` (end of its log), `timeout`
 */
export async function launch(cluster: Cluster): Promise<Launch> {
  const { binaries, account, folder, log, port } = cluster
  const file = await open(log, 'a', 0o600)
  const { size } = await file.stat()
  const server = spawn(binaries.postgres, ['-D', folder, '-p', String(port), ...SERVER_SETTINGS], {
    ...identity(account),
    ...SURROUNDINGS,
    detached: true,
    stdio: ['ignore', file.fd, file.fd],
  })
  let ended: { cause: unknown } | undefined
  server.once('error', cause => (ended = { cause }))
  server.once('exit', (code, signal) => (ended = { cause: `exit ${code ?? signal}` }))
  server.unref()
  await file.close()
  while (performance.now() < cluster.deadline) {
    if (ended !== undefined) return refusal(cluster, await logFrom(log, size), ended.cause)
    const found = await findPostmaster(folder)
    if (found?.pid === server.pid && found?.status === 'ready') return 'ready'
    await sleep(10)
  }
  server.kill('SIGINT')
  throw new TributaryError('timeout', `PostgreSQL on ${folder} did not get ready in time; its log is ${log}`)
}

/** A small server for one team: 32 MB of buffers, no replication, durable (`fsync` stays on). */
const SERVER_SETTINGS = Object.entries({
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '32MB',
  max_connections: '20',
  // Who connects and says nothing takes a place away from others.
  authentication_timeout: '5s',
  password_encryption: 'scram-sha-256',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  autovacuum_max_workers: '1',
  io_method: 'sync',
  log_checkpoints: 'off',
}).flatMap(([name, value]) => ['-c', `${name}=${value}`])

/**
 * Nothing of our environment: it holds secrets, and PG… variables would change the server. English log, UTC.
 */
export const SURROUNDINGS = { cwd: '/', env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' } }

/** The account that a server's program runs as. */
export function identity(account: ServerAccount): { uid?: number; gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid }
}

/** Whether PostgreSQL says that another server, perhaps a dead one, has the folder. */
export function isLocked(said: string): boolean {
  return said.includes('"postmaster.pid" already exists') || said.includes('shared memory block')
}

function refusal(cluster: Cluster, said: string, cause: unknown): 'locked' {
  if (isLocked(said)) return 'locked'
  if (said.includes('could not create any TCP/IP sockets'))
    throw new TributaryError(
      'invalid_setting',
      `port ${cluster.port} is not free for the warehouse; set TRIBUTARY_WAREHOUSE_PORT to another`,
      { cause: new Error(said) },
    )
  const detail = `PostgreSQL on ${cluster.folder} ended at its start: ${said || String(cause)}`
  throw new TributaryError('unavailable', detail, { cause })
}

async function logFrom(log: string, start: number): Promise<string> {
  return (await readFile(log)).subarray(start).toString('utf8').trim().split('\n').slice(-4).join(' / ')
}
