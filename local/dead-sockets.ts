import { lstat, readdir, rename, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { ifAbsent } from '../drivers/files/durable.ts'

/** Names of the sockets that lock data folders. */
const LOCK = /^tributary-[0-9a-f]{16}\.sock$/
/** A socket so young may be one that its process is about to listen at, ms. */
const SETTLED_MS = 60_000
/** Looked at by one start; what is left is the next one's. */
const AT_MOST = 1000

/**
 * Removes the lock sockets that platforms of this account left in a folder when they were killed. The folder
 * is every account's: what cannot be looked at or removed stays.
 */
export async function removeDeadSockets(folder: string): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).filter(name => LOCK.test(name)).slice(0, AT_MOST)
  await Promise.allSettled(names.map(name => removeIfLeft(join(folder, name))))
}

async function removeIfLeft(path: string): Promise<void> {
  const { uid, mtimeMs } = await lstat(path)
  if (uid === process.getuid?.() && Date.now() - mtimeMs > SETTLED_MS) await removeIfDead(path)
}

/** Removes a socket that nobody listens at. Any other stays. */
export async function removeIfDead(path: string): Promise<void> {
  const found = await lstat(path).catch(ifAbsent(undefined))
  if (found?.isSocket() !== true || !(await isDead(path))) return
  // Another start may have put its own in this place since: what goes has to be what was looked at.
  const aside = `${path}.${process.pid}`
  await rename(path, aside)
  const taken = await lstat(aside)
  if (taken.ino === found.ino && taken.mtimeMs === found.mtimeMs) await rm(aside)
  else await rename(aside, path)
}

/** Only a refusal says that nobody listens; a process that is too busy to answer has it still. */
function isDead(socket: string): Promise<boolean> {
  return new Promise(resolve => {
    const connection = connect(socket)
    const told = (is: boolean) => {
      connection.destroy()
      resolve(is)
    }
    connection.setTimeout(1000, () => told(false))
    connection.once('connect', () => told(false))
    connection.once('error', ({ code }: NodeJS.ErrnoException) => told(code === 'ECONNREFUSED'))
  })
}
