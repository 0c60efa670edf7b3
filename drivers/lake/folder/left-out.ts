import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { IDS, RAW } from '../../../core/lake/lake-paths.ts'
import { isOwnObject } from '../../../core/lake/own-objects.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import { ifAbsent } from '../../files/durable.ts'

/** Files that are remembered at most: whoever reads of so many looks into the folder. */
const MOST = 100

/** A lake without the files that somebody else put into it, and what they are. */
export type OwnFolder<T> = T & {
  /** Files that were met and left out, as long as they are there; paths of the lake. */
  leftOut(): readonly string[]
}

/** Lists the objects of a lake without files that are not its own: see core/lake/own-objects.ts. */
export function ownFolder<T extends Pick<LakeFolder, 'list'>>(root: string, lake: T): OwnFolder<T> {
  const met = new Set<string>()
  return {
    ...lake,
    async list(folder) {
      const objects = await lake.list(folder)
      const own = objects.filter(({ path }) => isOwnObject(path))
      if (own.length === objects.length) return objects
      for (const { path } of objects) if (met.size < MOST && !isOwnObject(path)) met.add(path)
      return own
    },
    leftOut() {
      for (const path of met) if (!existsSync(join(root, path))) met.delete(path)
      return [...met]
    },
  }
}

/** All files of a lake that are left out, wherever they lie; hidden ones are nobody's business. */
export async function filesLeftOut(root: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const top of [RAW, 'curated', IDS, 'partials']) {
    const entries = await readdir(join(root, top), { recursive: true, withFileTypes: true }).catch(
      ifAbsent([]),
    )
    const paths = entries
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
    found.push(...paths.filter(path => !/(?:^|\/)\./.test(path) && !isOwnObject(path)))
  }
  return found.sort()
}
