import { constants, type Stats } from 'node:fs'
import { access, copyFile, lstat, rename, rm, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TributaryError } from '../../core/errors.ts'
import { replaceFile, syncFolder } from '../files/durable.ts'
import { lookAt } from './folder-entries.ts'
import { freeName } from './free-name.ts'

/**
 * Where a file may go: the path of its name, each part of it numbered where something else has it. A folder
 * goes through folders; a file needs what `beside` it is free too.
 */
export async function freePath(
  folder: string,
  name: string,
  beside: readonly ((path: string) => string)[],
): Promise<string> {
  const parts = name.split('/')
  let path = folder
  for (const part of parts.slice(0, -1)) {
    const above = path
    path = join(
      above,
      await freeName(part, async tried => (await lookAt(join(above, tried)))?.isFile() !== true),
    )
  }
  const isFree = async (tried: string) => (await lookAt(tried)) === undefined
  const last = await freeName(parts.at(-1)!, async tried => {
    const target = join(path, tried)
    const needed = await Promise.all([target, ...beside.map(of => of(target))].map(isFree))
    return needed.every(Boolean)
  })
  return join(path, last)
}

/**
 * Moves a file so that it survives a power cut in one place, perhaps still in both; from another file system
 * by a copy, which keeps its times.
 */
export async function moveAside(from: Buffer, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EXDEV') throw error
    const { atime, mtime } = await lstat(from)
    await replaceFile(to, async aside => {
      await copyFile(from, aside)
      await utimes(aside, atime, mtime)
    })
    await rm(from)
  }
  await syncFolder(dirname(to))
  await syncFolder(parentOf(from))
}

const STICKY = 0o1000

/**
 * A file that could not be moved away would be sent by every run, and count again when its ids are forgotten:
 * it is not read in the first place.
 *
 * @throws TributaryError `storage_failed`
 */
export async function refuseUnmovable(path: Buffer, { uid }: Stats): Promise<void> {
  const folder = parentOf(path)
  const { mode, uid: owner } = await lstat(folder)
  const self = process.getuid?.() ?? 0
  const isOthers = (mode & STICKY) !== 0 && self !== 0 && self !== uid && self !== owner
  const canWrite = await access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  if (canWrite && !isOthers) return
  throw new TributaryError(
    'storage_failed',
    'its folder may not be written to, so that the file could not be moved away; give this account the right',
  )
}

function parentOf(path: Buffer): Buffer {
  return path.subarray(0, path.lastIndexOf(0x2f))
}
