import { execFile } from 'node:child_process'
import { chown, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { TributaryError } from '../../../core/errors.ts'
import { isAbsent, moveDurably } from '../../files/durable.ts'
import { giveTo } from './account.ts'
import { type Cluster, identity, SURROUNDINGS } from './cluster.ts'
import { SUPERUSER } from './roles.ts'
import { secure } from './secure.ts'

/**
 * Creates the data folder where there is none: written aside with its roles and passwords, then synced and
 * renamed, so that half of one is never started.
 *
 * @throws TributaryError `storage_failed`
 */
export async function makeCluster(cluster: Cluster): Promise<void> {
  const { account, folder } = cluster
  if (await exists(join(folder, 'PG_VERSION'))) return giveTo(account, folder)
  const aside = `${folder}.init`
  await rm(aside, { recursive: true, force: true })
  await mkdir(aside, { recursive: true, mode: 0o700 })
  if (account !== undefined) await chown(aside, account.uid, account.gid)
  await initdb(cluster, aside, ['-U', SUPERUSER, '--no-sync', ...INITIAL])
  await secure({ ...cluster, folder: aside }, ['-F'])
  await initdb(cluster, aside, ['--sync-only'])
  await moveDurably(aside, folder)
}

/** Nobody may connect, until `secure` says who. */
const INITIAL = ['--auth=reject', '--encoding=UTF8', '--locale=C', '--no-instructions']

async function initdb(
  { binaries, account }: Cluster,
  folder: string,
  options: readonly string[],
): Promise<void> {
  await promisify(execFile)(binaries.initdb, ['-D', folder, ...options], {
    ...identity(account),
    ...SURROUNDINGS,
    timeout: 60_000,
  }).catch((cause: Error & { stderr?: string }) => {
    const detail = `initdb failed for ${folder}: ${cause.stderr?.trim() || cause.message}`
    throw new TributaryError('storage_failed', detail, { cause })
  })
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (cause) {
    if (isAbsent(cause)) return false
    throw new TributaryError('storage_failed', `cannot look at ${path}`, { cause })
  }
}
