import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parsePathInstant, pathInstant } from '../../../core/data/time.ts'

const HOUR_MS = 3_600_000
const ENDING = '.ndjson'

/** Name of the file for an instant: `20260131T120000Z.ndjson`. Names sort by time. */
export function hourFile(ms: number): string {
  return `${pathInstant(Math.floor(ms / HOUR_MS) * HOUR_MS)}${ENDING}`
}

/** Names of the hour files, oldest first. */
export async function hoursOf(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter(name => /^\d{8}T\d{6}Z\.ndjson$/.test(name)).sort()
}

/** Removes the files whose whole hour lies before `ms`. */
export async function removeBefore(folder: string, ms: number): Promise<void> {
  for (const name of await hoursOf(folder)) {
    if (parsePathInstant(name.slice(0, -ENDING.length)) + HOUR_MS > ms) return
    await rm(join(folder, name))
  }
}

/** Bytes that files take together. */
export async function sizeOf(folder: string, names: readonly string[]): Promise<number> {
  const sizes = await Promise.all(names.map(async name => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
