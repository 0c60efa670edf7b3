import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkedJson, withCheck } from '../../files/checked-text.ts'
import { ifAbsent, replaceFile } from '../../files/durable.ts'
import type { FileCheck } from './file-check.ts'

/**
 * Checksums of raw files lie beside the lake's data, in a folder that no reader looks into: one a file, made
 * when the file has its last record.
 */
export const CHECKS = '.checks'

const ENDING = '.json'

/** Path of the checksum of an object of a lake. */
export function checkPath(lake: string, object: string): string {
  return join(lake, CHECKS, `${object}${ENDING}`)
}

/** Stores the checksum of a raw object, durably. */
export async function writeRawCheck(lake: string, object: string, check: FileCheck): Promise<void> {
  const path = checkPath(lake, object)
  await mkdir(dirname(path), { recursive: true })
  await replaceFile(path, aside => writeFile(aside, withCheck(JSON.stringify(check))))
}

/**
 * The checksum of a raw object; undefined where it has none (yet).
 * @throws `corrupt_data` where it is damaged itself
 */
export async function readRawCheck(lake: string, object: string): Promise<FileCheck | undefined> {
  const path = checkPath(lake, object)
  const text = await readFile(path, 'utf8').catch(ifAbsent(undefined))
  return text === undefined ? undefined : (checkedJson(path, text) as FileCheck)
}

/** Forgets the checksum of a raw object. */
export async function removeRawCheck(lake: string, object: string): Promise<void> {
  await rm(checkPath(lake, object), { force: true })
}

/** Objects below a folder of the lake that have a checksum. */
export async function checkedObjects(lake: string, folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(lake, CHECKS, folder), {
    recursive: true,
    withFileTypes: true,
  }).catch(ifAbsent([]))
  const root = join(lake, CHECKS).length + 1
  return entries
    .filter(entry => entry.isFile() && entry.name.endsWith(ENDING))
    .map(entry => join(entry.parentPath, entry.name).slice(root, -ENDING.length))
    .sort()
}
