import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { damaged } from '../../files/checked-text.ts'
import { ifAbsent, replaceFile, UNFINISHED } from '../../files/durable.ts'
import { SECRET_BYTES } from './fingerprint.ts'

/** What lies in the folder of a marker table, by number. */
export type FolderContents = {
  readonly tables: readonly number[]
  readonly filters: readonly number[]
  readonly journals: readonly number[]
}

/** Path of the key that stored fingerprints are made with. */
export const secretPath = (folder: string): string => join(folder, 'fingerprint.key')

export const tablePath = (folder: string, number: number): string => numbered(folder, 'table', number)
export const filterPath = (folder: string, number: number): string => numbered(folder, 'filter', number)
export const journalPath = (folder: string, number: number): string => numbered(folder, 'journal', number)

/** Path of the mark: the oldest table, the current one, and how long its journal is. */
export const markPath = (folder: string): string => join(folder, 'durable')

/** Numbers of the mark. */
export const MARK_NUMBERS = 3

function numbered(folder: string, kind: string, number: number): string {
  return join(folder, `${kind}-${String(number).padStart(8, '0')}`)
}

/**
 * Lists the folder, made if there is none, and removes what a crash left unfinished. Foreign files are left
 * alone.
 */
export async function readFolder(folder: string): Promise<FolderContents> {
  await mkdir(folder, { recursive: true })
  const names = await readdir(folder)
  const unfinished = names.filter(name => name.endsWith(UNFINISHED))
  for (const name of unfinished) await rm(join(folder, name), { force: true, recursive: true })
  const numbers = (kind: string) =>
    names
      .map(name => new RegExp(`^${kind}-(\\d{8,})$`).exec(name)?.[1])
      .filter(digits => digits !== undefined)
      .map(Number)
      .sort((a, b) => a - b)
  return { tables: numbers('table'), filters: numbers('filter'), journals: numbers('journal') }
}

/**
 * The secret the folder's fingerprints are keyed with, made when the folder is new. Without it the stored
 * fingerprints mean nothing, so a folder that has lost it is corrupt.
 */
export async function readSecret(folder: string, contents: FolderContents): Promise<Uint8Array> {
  const path = secretPath(folder)
  const stored = await readFile(path).catch(ifAbsent(undefined))
  if (stored === undefined && contents.tables.length + contents.journals.length === 0) {
    return createSecret(path)
  }
  if (stored?.length === SECRET_BYTES + 4) {
    const secret = stored.subarray(0, SECRET_BYTES)
    if (crc32(secret) === stored.readUInt32LE(SECRET_BYTES)) return secret
  }
  throw damaged(path, 'the key of the stored fingerprints is missing or not what was written')
}

async function createSecret(path: string): Promise<Uint8Array> {
  const secret = randomBytes(SECRET_BYTES)
  const check = Buffer.alloc(4)
  check.writeUInt32LE(crc32(secret))
  await replaceFile(path, aside => writeFile(aside, Buffer.concat([secret, check]), { mode: 0o600 }))
  return secret
}
