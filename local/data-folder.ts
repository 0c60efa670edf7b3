import { hash } from 'node:crypto'
import { readFile, realpath, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { TributaryError } from '../core/errors.ts'
import { checkedJson, damaged, withCheck } from '../drivers/files/checked-text.ts'
import { closeToOthers } from '../drivers/files/close-to-others.ts'
import { isAbsent, makeFolder, replaceFile, storageFailed } from '../drivers/files/durable.ts'
import { requireKinds } from './damage/file-kinds.ts'
import { removeDeadSockets, removeIfDead } from './dead-sockets.ts'

/** A data folder that this process, and no other, uses. */
export type DataFolder = { readonly path: string; release(): Promise<void> }

/**
 * Takes a data folder for this process, making it when missing.
 *
 * The lock is a listening socket, which ends with the process however that ends; a file with a process id
 * would outlive kill -9 and could name somebody else later.
 *
 * @throws TributaryError `invalid_setting` when another process has the folder or it was made with another
 * epoch length;
 *   `corrupt_data` when a durable file of it is a folder, or the other way round; `storage_failed` when it
 * cannot be made
 */
export async function takeDataFolder(path: string, epochLength: number): Promise<DataFolder> {
  const folder = await lockDataFolder(path)
  try {
    await requireKinds(path)
    await checkEpochLength(path, epochLength)
    return folder
  } catch (error) {
    await folder.release()
    throw error
  }
}

/**
 * Takes a data folder as `takeDataFolder` does, whatever is in it. From here on, what this process makes is
 * its account's alone, the lock's socket included: the folder holds events, keys and passwords.
 *
 * @throws TributaryError `invalid_setting` when another process has it, `storage_failed`
 */
export async function lockDataFolder(path: string): Promise<DataFolder> {
  process.umask(0o077)
  try {
    await makeFolder(path)
    await closeToOthers(path)
  } catch (cause) {
    throw storageFailed(`the data folder ${path} cannot be made, or closed to other accounts`, cause)
  }
  const socket = socketPath(await realpath(path))
  const server = await listen(socket, path)
  if (process.platform !== 'win32') await removeDeadSockets(dirname(socket))
  return {
    path,
    release: () =>
      new Promise((resolve, reject) =>
        server.close(error => (error === undefined ? resolve() : reject(error))),
      ),
  }
}

function socketPath(path: string): string {
  const name = `tributary-${hash('sha256', path, 'hex').slice(0, 16)}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`)
}

async function listen(socket: string, path: string): Promise<Server> {
  await removeIfDead(socket)
  return new Promise((resolve, reject) => {
    const server = createServer(connection => connection.end())
    server.once('error', (cause: NodeJS.ErrnoException) => reject(refusal(path, cause)))
    server.listen(socket, () => resolve(server.unref()))
  })
}

function refusal(path: string, cause: NodeJS.ErrnoException): TributaryError {
  if (cause.code !== 'EADDRINUSE')
    return new TributaryError('storage_failed', `the data folder ${path} cannot be locked`, { cause })
  return new TributaryError(
    'invalid_setting',
    `the data folder ${path} is in use by another process; stop it, or set TRIBUTARY_DATA to another folder`,
    { cause },
  )
}

/** Epochs are cut once, at ingest: another length would cut closed ones anew. */
async function checkEpochLength(path: string, epochLength: number): Promise<void> {
  const file = join(path, 'settings.json')
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isAbsent(error)) return undefined
    throw new TributaryError('storage_failed', `${file} cannot be read`, { cause: error })
  })
  if (text === undefined) {
    await replaceFile(file, aside => writeFile(aside, withCheck(JSON.stringify({ epochLength }))))
    return
  }
  const { epochLength: made } = checkedJson(file, text) as { epochLength?: number }
  if (made === epochLength) return
  if (made === undefined) throw damaged(file, 'it does not say how long an epoch is')
  throw new TributaryError(
    'invalid_setting',
    `TRIBUTARY_EPOCH is ${epochLength / 1000}s, but the data folder ${path} was made with ${made / 1000}s; set it to that, or TRIBUTARY_DATA to another folder`,
  )
}
