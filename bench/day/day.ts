import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rawFolder } from '../../core/lake/lake-paths.ts'
import { run } from '../peers/process.ts'
import { type Day, epochOfHour, TYPE } from './events.ts'

const WRITERS = 2
const LIMIT_MS = 3_600_000
/** Notes of which hours are written, of which day; each holds the bytes of their files. */
const NOTE = '.bytes'
const noteOf = ({ events, hours }: Day) => `-of-${hours}-with-${events}${NOTE}`

/**
 * Makes the raw lake of a day in a folder, by two processes, as far as it is not there; answers its bytes.
 *
 * @throws Error where the folder has another day
 */
export async function writeDay(folder: string, day: Day, say: (line: string) => void): Promise<number> {
  mkdirSync(folder, { recursive: true })
  const other = readdirSync(folder).find(name => name.endsWith(NOTE) && !name.endsWith(noteOf(day)))
  if (other !== undefined)
    throw new Error(`${folder} has the events of another day (${other}); name another folder`)
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
  day: Day,
  { from, to }: Hours,
  say: (line: string) => void,
): Promise<number> {
  const lake = join(folder, 'lake')
  const done = join(folder, `hours-${from}-${to}${noteOf(day)}`)
  if (!existsSync(done)) {
    say(`writing the events of hours ${from} to ${to - 1} …`)
    // Of a run that was ended while it wrote them.
    for (let hour = from; hour < to; hour++)
      rmSync(join(lake, rawFolder(TYPE, epochOfHour(hour))), { recursive: true, force: true })
    const script = join(import.meta.dirname, 'write-child.ts')
    const numbers = [day.events, day.hours, from, to].map(String)
    const printed = await run([process.execPath, script, lake, ...numbers], LIMIT_MS)
    writeFileSync(done, printed)
  }
  return Number(readFileSync(done, 'utf8'))
}
