import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isAbsent } from '../../../../drivers/files/durable.ts'
import { TESTS } from '../../../../drivers/pipeline/unread.ts'

/** More than that is no folder of declarations. */
const MOST_FILES = 10_000
/** Hidden files and backups, which editors write beside what is edited. */
const OF_AN_EDITOR = /^(?:\..*|#.*#|.*~|.*\.(?:bak|orig|swp|tmp))$|^node_modules$/

/**
 * What tells one state of a pipeline folder from another: names, sizes and times of its files. Tests of
 * declarations are left out, as the platform does not read them.
 */
export async function folderState(folder: string): Promise<string> {
  const files: string[] = []
  const folders = ['']
  for (let under = folders.pop(); under !== undefined && files.length < MOST_FILES; under = folders.pop()) {
    const entries = await readdir(join(folder, under), { withFileTypes: true }).catch(ifGone([]))
    for (const entry of entries) {
      const path = join(under, entry.name)
      if (OF_AN_EDITOR.test(entry.name) || path === TESTS) continue
      if (entry.isDirectory()) folders.push(path)
      else files.push(await fileState(folder, path))
    }
  }
  return files.sort().join('\n')
}

async function fileState(folder: string, path: string): Promise<string> {
  const known = await stat(join(folder, path), { bigint: true }).catch(ifGone(undefined))
  return `${path} ${known?.size} ${known?.mtimeNs}`
}

/** What is removed while it is looked at is in the next look. */
function ifGone<T>(instead: T) {
  return (error: unknown): T => {
    if (isAbsent(error)) return instead
    throw error
  }
}
