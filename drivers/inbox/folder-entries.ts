import type { Dirent, Stats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import type { InboxFile } from '../../core/ports/inbox.ts'
import { isAbsent } from '../files/durable.ts'

/** Something in the inbox that a run has to deal with. Paths are bytes: they need not be UTF-8. */
export type Entry = { readonly name: string; readonly path: Buffer }

/** Folders within folders; a path has at most 4,096 bytes. */
export const MAX_DEPTH = 100
const SLASH = Buffer.from('/')
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Everything in a folder that is no folder, and folders that cannot be looked into. Symbolic links are not
 * followed: neither out of the inbox, nor in a circle. Hidden names are left out, and so is what vanishes
 * meanwhile.
 */
export async function entriesUnder(folder: Buffer, inside = '', depth = 0): Promise<readonly Entry[]> {
  const found: (readonly Entry[])[] = []
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const one = entryOf(folder, inside, entry)
    if (shownName(entry.name).startsWith('.')) continue
    found.push(entry.isDirectory() && depth < MAX_DEPTH ? await within(one, depth) : [one])
  }
  return found.flat()
}

function entryOf(folder: Buffer, inside: string, { name }: Dirent<Buffer>): Entry {
  return { name: inside + shownName(name), path: Buffer.concat([folder, SLASH, name]) }
}

async function within(folder: Entry, depth: number): Promise<readonly Entry[]> {
  try {
    return await entriesUnder(folder.path, `${folder.name}/`, depth + 1)
  } catch (error) {
    return isAbsent(error) ? [] : [folder]
  }
}

/** A name as text; where it is no UTF-8, all that is not plain is percent-encoded. */
function shownName(name: Buffer): string {
  try {
    return strict.decode(name)
  } catch {
    return name.toString('latin1').replaceAll(/[^\w.~-]/g, byte => `%${hex(byte)}`)
  }
}

const hex = (byte: string) => byte.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()

/** What is at a path, itself; undefined where nothing is. */
export async function lookAt(path: Buffer | string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** A file as the port tells it. */
export function fileOf(name: string, { size, mtimeMs, ctimeMs, ino }: Stats): InboxFile {
  // The time of change is the storage's own, also where a copy or an archive has set that of the content
  // (into the future, it may be); moving a file here changes it too.
  return { name, bytes: size, version: `${ino}-${size}-${mtimeMs}`, writtenAt: ctimeMs }
}
