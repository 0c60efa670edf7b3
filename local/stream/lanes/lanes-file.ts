import { existsSync, readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EmbeddedPaths } from '../../../drivers/compose/embedded.ts'
import { checkedJson, damaged, withCheck } from '../../../drivers/files/checked-text.ts'
import { makeFolder, replaceFile } from '../../../drivers/files/durable.ts'

/** What the folder of real-time views stands for. */
export type LanesFile = {
  /** How many lanes there are. */
  readonly lanes: number
  /** By id of a metric or tally: since which epoch all of it is counted (core/ports/counted-since.ts). */
  readonly since: Readonly<Record<string, number>>
}

export function lanesPath({ realTime }: EmbeddedPaths): string {
  return join(realTime, 'lanes.json')
}

/**
 * Reads the file; undefined where there are no views yet. One of an earlier version says nothing of `since`:
 * all of its metrics are then filled once.
 *
 * @throws `corrupt_data` naming what is damaged
 */
export async function readLanes(paths: EmbeddedPaths): Promise<LanesFile | undefined> {
  const file = lanesPath(paths)
  const { realTime } = paths
  if (existsSync(file)) {
    const { lanes, since } = checkedJson(file, await readFile(file, 'utf8')) as Partial<LanesFile>
    if (lanes !== undefined && Number.isInteger(lanes)) return { lanes, since: since ?? {} }
    throw damaged(file, 'it does not say how many lanes there are')
  }
  if (!existsSync(realTime)) return undefined
  if (readdirSync(realTime).some(name => name.startsWith('of-')))
    throw damaged(file, 'it is not there, but lanes are')
  if (!existsSync(join(realTime, 'data.mdb'))) return undefined
  throw damaged(realTime, 'it was written by an earlier version')
}

/** Replaces the file; resolves once that is durable. */
export async function writeLanes(paths: EmbeddedPaths, content: LanesFile): Promise<void> {
  await makeFolder(paths.realTime)
  await replaceFile(lanesPath(paths), aside => writeFile(aside, withCheck(JSON.stringify(content))))
}
