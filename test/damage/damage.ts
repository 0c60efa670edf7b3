import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** One damage to one file, as text too: `flip lake/raw/… byte 17`. */
export type Damage = { readonly file: string; readonly text: string; readonly apply: () => Promise<void> }

const KINDS = ['flip', 'flip', 'truncate', 'delete'] as const

/**
 * Draws a damage: a folder of the data folder, then a file below it, so that few large kinds of files do not
 * take all draws.
 */
export async function drawDamage(data: string, random: () => number): Promise<Damage> {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  const files = (await filesOf(data)).sort()
  const kinds = [...new Set(files.map(kindOf))]
  const kind = pick(kinds)
  const file = pick(files.filter(each => kindOf(each) === kind))
  const path = join(data, file)
  const bytes = await readFile(path)
  const how = bytes.length === 0 ? 'delete' : pick(KINDS)
  if (how === 'delete') return { file, text: `delete ${file}`, apply: () => rm(path) }
  const at = Math.floor(random() * bytes.length)
  if (how === 'truncate')
    return { file, text: `truncate ${file} to ${at} of ${bytes.length}`, apply: () => truncate(path, at) }
  const bit = Math.floor(random() * 8)
  return {
    file,
    text: `flip ${file} bit ${bit} of byte ${at} of ${bytes.length}`,
    apply: async () => {
      bytes[at]! ^= 1 << bit
      await writeFile(path, bytes)
    },
  }
}

/** What a file is, by its path without what only numbers it. */
function kindOf(file: string): string {
  return file
    .replace(/type=[^/]+|metric=[^/]+|epoch=[^/]+/g, name => name.split('=')[0]!)
    .replace(/[\w-]*\d[\w-]*/g, '#')
}

async function filesOf(data: string): Promise<string[]> {
  const entries = await readdir(data, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile() && entry.name !== 'lock.mdb')
    .map(entry => relative(data, join(entry.parentPath, entry.name)))
}
