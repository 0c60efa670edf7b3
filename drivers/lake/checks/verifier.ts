import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Relation } from '../../../core/lake/relation.ts'
import { damaged } from '../../files/checked-text.ts'
import { ifAbsent } from '../../files/durable.ts'
import { checkOf, type FileCheck, isSame } from './file-check.ts'
import { readFolderChecks } from './folder-checks.ts'
import { readRawCheck } from './raw-checks.ts'

const VERIFIED: ReadonlySet<Relation['kind']> = new Set([
  ...(['raw', 'curated', 'ids', 'partials', 'condensed', 'history'] as const),
])

/**
 * Verifies what is read of a lake in a folder: each file once, until it changes. A flipped bit in a line of
 * JSON, or in a page of Parquet, is otherwise another number that nobody notices.
 *
 * @param growing what is known of the beginning of a raw object that has no checksum yet
 * @throws (the function) `corrupt_data` naming the file
 */
export function createVerifier(
  lake: string,
  growing: (object: string) => Promise<FileCheck | undefined> = async () => undefined,
): (reads: readonly Relation[]) => Promise<void> {
  const verified = new Map<string, string>()
  return async reads => {
    for (const { kind, parts } of reads) {
      if (!VERIFIED.has(kind)) continue
      for (const part of parts) await verifyOnce(kind, part)
    }
  }

  async function verifyOnce(kind: Relation['kind'], object: string): Promise<void> {
    const path = join(lake, object)
    const found = await stat(path).catch(ifAbsent(undefined))
    // That it is not there is what the engine says, of more than lakes in folders.
    if (found === undefined) return
    const { size, mtimeMs, ino } = found
    const state = `${size} ${mtimeMs} ${ino}`
    if (verified.get(object) === state) return
    const known = kind === 'raw' ? await rawCheck(object) : await folderChecks(object)
    const begins = kind === 'raw' && known.length === 0 ? await growing(object) : undefined
    if (known.length === 0 && begins === undefined) return
    const content = await checkOf(path, begins === undefined ? {} : { length: begins.bytes })
    if (![...known, ...(begins === undefined ? [] : [begins])].some(check => isSame(check, content)))
      throw damaged(path, 'its content does not match its checksum')
    verified.set(object, state)
  }

  async function rawCheck(object: string): Promise<readonly FileCheck[]> {
    const check = await readRawCheck(lake, object)
    return check === undefined ? [] : [check]
  }

  async function folderChecks(object: string): Promise<readonly FileCheck[]> {
    const contents = (await readFolderChecks(lake, dirname(object))) ?? []
    return contents.flatMap(content => content[basename(object)] ?? [])
  }
}
