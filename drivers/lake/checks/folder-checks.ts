import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkedJson, withCheck } from '../../files/checked-text.ts'
import { ifAbsent, replaceFile } from '../../files/durable.ts'
import { checkOf, type FileCheck, isSame } from './file-check.ts'
import { CHECKS, checkPath } from './raw-checks.ts'

/** The files of a published folder, by name. */
export type FolderCheck = Readonly<Record<string, FileCheck>>

/** Contents that a folder may have: the newest, and those before it, as a crash may come before the move. */
const KEPT = 3

/** Reads the files of a folder for their checksums. */
export async function checkFolder(path: string): Promise<FolderCheck> {
  const names = (await readdir(path).catch(ifAbsent([]))).filter(name => !name.startsWith('.')).sort()
  const checks = await Promise.all(names.map(async name => [name, await checkOf(join(path, name))] as const))
  return Object.fromEntries(checks)
}

/** Notes that a folder is about to take the place of `target`, both in the lake. */
export async function noteReplacement(lake: string, folder: string, target: string): Promise<void> {
  const before = await readFolderChecks(lake, target).catch(() => undefined)
  await writeFolderChecks(lake, target, [await checkFolder(join(lake, folder)), ...(before ?? [])])
}

export async function writeFolderChecks(
  lake: string,
  folder: string,
  contents: readonly FolderCheck[],
): Promise<void> {
  const path = checkPath(lake, folder)
  // Not durably: a check that a power cut takes leaves a folder that is not verified, and no wrong one.
  await mkdir(dirname(path), { recursive: true })
  const text = withCheck(JSON.stringify(contents.slice(0, KEPT)))
  await replaceFile(path, aside => writeFile(aside, text))
}

/** Contents that a published folder may have; undefined where none are known. @throws `corrupt_data` */
export async function readFolderChecks(
  lake: string,
  folder: string,
): Promise<readonly FolderCheck[] | undefined> {
  const path = checkPath(lake, folder)
  const text = await readFile(path, 'utf8').catch(ifAbsent(undefined))
  return text === undefined ? undefined : (checkedJson(path, text) as readonly FolderCheck[])
}

/** Forgets what a folder holds, and raw objects in it: it goes on purpose. */
export async function forgetFolder(lake: string, folder: string): Promise<void> {
  await rm(checkPath(lake, folder), { force: true })
  await rm(join(lake, CHECKS, folder), { recursive: true, force: true })
}

/** What differs between a folder and every content it may have, as names; undefined where nothing does. */
export function differing(found: FolderCheck, contents: readonly FolderCheck[]): string | undefined {
  const wrong = contents.map(expected => {
    const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])]
    return names.filter(name => !sameAt(found[name], expected[name]))
  })
  return wrong.some(names => names.length === 0) ? undefined : (wrong[0] ?? []).join(', ')
}

function sameAt(a: FileCheck | undefined, b: FileCheck | undefined): boolean {
  return a !== undefined && b !== undefined && isSame(a, b)
}
