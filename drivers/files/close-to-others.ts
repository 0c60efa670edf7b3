import type { Dirent } from 'node:fs'
import { chmod, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ifAbsent, isAbsent } from './durable.ts'

/** Everything but passing through for the group, which one engine's account needs. */
const OPEN_TO_OTHERS = 0o067
/** Files changed at one time. */
const AT_ONCE = 64

/**
 * Takes every right from all accounts but the owner's, of a folder and of all it holds. The folder itself
 * comes last and is the sign that the rest is done: where it is closed already, nothing is looked at, and
 * what was opened in it since, on purpose, stays so. Links are not followed.
 *
 * Rejects with the system's error where the folder is not this account's.
 */
export async function closeToOthers(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  if (((await stat(folder)).mode & OPEN_TO_OTHERS) === 0) return
  await closeInside(folder)
  await chmod(folder, 0o700)
}

async function closeInside(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(ifAbsent([]))
  for (let i = 0; i < entries.length; i += AT_ONCE)
    await Promise.all(entries.slice(i, i + AT_ONCE).map(entry => closeEntry(folder, entry)))
}

async function closeEntry(folder: string, entry: Dirent): Promise<void> {
  const path = join(folder, entry.name)
  if (entry.isDirectory()) {
    await closeInside(path)
    await chmodOwn(path, 0o700)
  } else if (entry.isFile()) await chmodOwn(path, 0o600)
}

/**
 * A file that somebody else has put into the inbox is that account's, and behind the closed folder anyway.
 */
async function chmodOwn(path: string, mode: number): Promise<void> {
  try {
    await chmod(path, mode)
  } catch (error) {
    const isOthers = error instanceof Error && 'code' in error && error.code === 'EPERM'
    if (!isOthers && !isAbsent(error)) throw error
  }
}
