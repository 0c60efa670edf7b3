import { readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { damaged } from '../../drivers/files/checked-text.ts'
import { ifAbsent, makeFolder } from '../../drivers/files/durable.ts'
import type { Findings } from './finding.ts'

/** Durable files of a data folder, outside of the lake, whose folders are looked into where they are read. */
const FILES = [
  /^(?:settings|declarations|keys|raw-delivery|repairs)\.json$/,
  /^(?:platform-id|development-key|warehouse-password|warehouse-reader-password)$/,
  /^log\/(?:ledger\.json|durable-end|\d+\.log)$/,
  /^(?:alerts|batch|real-time\/of-\d+\/\d+)\/(?:data|lock)\.mdb$/,
  /^real-time\/lanes\.json$/,
  /^markers\/(?:fingerprint\.key|remembered\.json|durable|[a-z]+-\d+)$/,
  /^rejected\/(?:durable|[^/]+\.(?:ndjson|json))$/,
]
const FOLDERS = [
  /^(?:log|lake|alerts|batch|markers|rejected|dead-letters|warehouse|damaged)$/,
  /^lake\/(?:raw|curated|partials|inbox)$/,
  /^real-time(?:\/of-\d+(?:\/\d+)?)?$/,
]
/** No file that is named above lies deeper. */
const DEEPEST = 4

type OfOtherKind = { readonly file: string; readonly problem: string }

/**
 * A folder in the place of a durable file, a file in the place of a folder: what a copy, an archive or a
 * script may leave. Each engine would fail in words of its own.
 */
async function ofOtherKind(data: string, under = '', depth = 1): Promise<readonly OfOtherKind[]> {
  const found: OfOtherKind[] = []
  for (const name of await readdir(join(data, under))) {
    const file = under === '' ? name : `${under}/${name}`
    const [isFile, isFolder] = [FILES, FOLDERS].map(all => all.some(pattern => pattern.test(file)))
    if (!isFile && !isFolder) continue
    // A link is what it leads to; one that leads nowhere is found missing by whoever reads it.
    const stats = await stat(join(data, file)).catch(ifAbsent(undefined))
    if (isFile && stats?.isFile() === false)
      found.push({ file, problem: stats.isDirectory() ? 'it is a folder' : 'it is no regular file' })
    if (isFolder && stats?.isDirectory() === false) found.push({ file, problem: 'it is no folder' })
    if (isFolder && stats?.isDirectory() === true && depth < DEEPEST)
      found.push(...(await ofOtherKind(data, file, depth + 1)))
  }
  return found
}

/** @throws `corrupt_data` naming what is of another kind, and doctor */
export async function requireKinds(data: string): Promise<void> {
  for (const { file, problem } of await ofOtherKind(data)) throw damaged(join(data, file), problem)
}

/** Sets aside what is of another kind; what it stood in place of is then mended as one that is gone. */
export async function mendKinds(data: string, findings: Findings): Promise<void> {
  for (const { file, problem } of await ofOtherKind(data)) {
    const name = `${file.replaceAll('/', '-')}-${Date.now()}`
    // `damaged` itself may be what is in the way.
    const aside = file === 'damaged' ? name : `damaged/${name}`
    if (file !== 'damaged') await makeFolder(join(data, 'damaged'))
    await rename(join(data, file), join(data, aside))
    findings.repaired(file, problem, `set aside as ${aside}`)
  }
}
