import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../peers/process.ts'
import type { Day } from './events.ts'

const WRITERS = 2
const LIMIT_MS = 3_600_000

/**
 * Makes the raw lake of a day in a folder, by two processes, as far as it is not there; answers its bytes.
 *
 * @throws Error where the folder has another day
 */
export async function writeDay(folder: string, day: Day, say: (line: string) => void): Promise<number> {
  const size = Math.ceil(day.hours / WRITERS)
  const starts = Array.from({ length: Math.ceil(day.hours / size) }, (_, i) => i * size)
  const halves = starts.map(from =>
    writeHours(folder, day, { from, to: Math.min(from + size, day.hours) }, say),
  )
  return (await Promise.all(halves)).reduce((a, b) => a + b, 0)
}

type Hours = { readonly from: number; readonly to: number }

async function writeHours(
  folder: string,
  { events, hours }: Day,
  { from, to }: Hours,
  say: (line: string) => void,
): Promise<number> {
  mkdirSync(folder, { recursive: true })
  const done = join(folder, `hours-${from}-${to}-of-${hours}-with-${events}.bytes`)
  if (!existsSync(done)) {
    say(`writing the events of hours ${from} to ${to - 1} …`)
    const script = join(import.meta.dirname, 'write-child.ts')
    const numbers = [events, hours, from, to].map(String)
    const printed = await run([process.execPath, script, join(folder, 'lake'), ...numbers], LIMIT_MS)
    writeFileSync(done, printed)
  }
  return Number(readFileSync(done, 'utf8'))
}
