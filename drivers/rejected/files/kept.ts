import { existsSync, readFileSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parsePathInstant } from '../../../core/data/time.ts'
import type { TributaryError } from '../../../core/errors.ts'
import { checkedJson, damaged, withCheck } from '../../files/checked-text.ts'
import { replaceFile } from '../../files/durable.ts'
import { Mark, readMark } from '../../files/mark.ts'
import { hourFile } from './folder.ts'

/** How long every hour file has to be. */
export type Kept = {
  /** Files that are shorter than what was kept in them, or gone, at the opening. */
  readonly missing: readonly TributaryError[]
  /** Notes that a file is durable up to `bytes`; the first time for a file, that the one before it ended. */
  note(name: string, bytes: number): Promise<void>
  close(): void
}

const FILE = 'kept.json'
const MARK = 'durable'
/** The hour of the newest file, ms, and how long it is. */
const NUMBERS = 2

/** Opens what is known of the lengths of hour files from `oldest` (ms) on. */
export function openKept(folder: string, oldest: number): Kept {
  const ended = readEnded(folder)
  const mark = new Mark(join(folder, MARK), NUMBERS)
  let current = newestOf(folder)
  const isPresent = ([name]: readonly [string, number]) => instantOf(name) >= oldest
  const known = [...ended.lengths, ...(current === undefined ? [] : [current])].filter(isPresent)
  return {
    missing: [...ended.problem, ...known.flatMap(([name, bytes]) => problemWith(folder, name, bytes))],
    async note(name, bytes) {
      if (current !== undefined && current[0] !== name) {
        const lengths = [...ended.lengths.set(current[0], current[1])].filter(isPresent)
        const text = withCheck(JSON.stringify(Object.fromEntries(lengths)))
        await replaceFile(join(folder, FILE), aside => writeFile(aside, text))
      }
      current = [name, bytes]
      mark.write(instantOf(name), bytes)
    },
    close: () => mark.close(),
  }
}

/** Takes the files as they are for all of what was kept: what is missing has been named. */
export async function forgetMissing(folder: string, names: readonly string[]): Promise<void> {
  const lengths = Object.fromEntries(names.map(name => [name, statSync(join(folder, name)).size]))
  await replaceFile(join(folder, FILE), aside => writeFile(aside, withCheck(JSON.stringify(lengths))))
  const newest = names.at(-1)
  const mark = new Mark(join(folder, MARK), NUMBERS)
  mark.write(newest === undefined ? 0 : instantOf(newest), newest === undefined ? 0 : lengths[newest]!)
  mark.close()
}

function readEnded(folder: string): { lengths: Map<string, number>; problem: TributaryError[] } {
  const path = join(folder, FILE)
  if (!existsSync(path)) return { lengths: new Map(), problem: [] }
  try {
    const lengths = checkedJson(path, readFileSync(path, 'utf8')) as Record<string, number>
    return { lengths: new Map(Object.entries(lengths)), problem: [] }
  } catch (error) {
    return { lengths: new Map(), problem: [error as TributaryError] }
  }
}

function newestOf(folder: string): readonly [string, number] | undefined {
  const [hour = 0, bytes = 0] = readMark(join(folder, MARK), NUMBERS) ?? []
  return hour > 0 ? [hourFile(hour), bytes] : undefined
}

function problemWith(folder: string, name: string, bytes: number): readonly TributaryError[] {
  const path = join(folder, name)
  if (!existsSync(path)) return [damaged(path, 'it is not there')]
  const { size } = statSync(path)
  return size >= bytes ? [] : [damaged(path, `it has ${size} of ${bytes} bytes`)]
}

function instantOf(name: string): number {
  return parsePathInstant(name.slice(0, name.indexOf('.')))
}
