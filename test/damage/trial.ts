import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drawDamage } from './damage.ts'
import type { CrashedFolder } from './folder.ts'
import { difference, expectedOf, healthText } from './judge.ts'
import { doctor, start } from './process.ts'
import { eventOf, randomFrom } from './traffic.ts'

/** What one damage came to; `faults` is empty where all is as it should be. */
export type Trial = {
  readonly seed: number
  readonly damage: string
  readonly faults: readonly string[]
  readonly course: string
}

const REMEDY = 'tributary doctor'

/**
 * Damages one file of a copy of a folder, then: a start without `doctor` must give right numbers or say what
 * is damaged and what to do; after `doctor` numbers must be right, in both layers, for old, repeated and new
 * events, or `doctor` must have said what is left.
 */
export async function tryDamage(folder: CrashedFolder, seed: number): Promise<Trial> {
  const data = await mkdtemp(join(tmpdir(), 'tributary-damaged-'))
  const faults: string[] = []
  const course: string[] = []
  let text = ''
  try {
    await cp(folder.data, data, { recursive: true })
    const damage = await drawDamage(data, randomFrom(seed))
    text = damage.text
    await damage.apply()
    await startDamaged(folder, data, damage.file, faults, course)
    await startRepaired(folder, data, damage.file, faults, course)
  } catch (error) {
    faults.push(`trial failed: ${String(error)}`)
  } finally {
    await rm(data, { recursive: true, force: true, maxRetries: 3 })
  }
  return { seed, damage: text, faults, course: course.join(' → ') }
}

async function startDamaged(
  folder: CrashedFolder,
  data: string,
  file: string,
  faults: string[],
  course: string[],
): Promise<void> {
  const started = await start(data)
  if (!started.ready) {
    course.push(`refused: ${oneLine(started.said)}`)
    if (!names(started.said, file))
      faults.push(`refusal without name: ${oneLine(started.said)} ${started.signal ?? ''}`)
    return
  }
  const { platform } = started
  const found = await difference(platform, await expectedOf(folder.events), 'merged', 6000)
  const { ok, text } = await healthText(platform)
  course.push(found === undefined ? 'right' : `started: ${found}`)
  const rejected = await rejectedOf(platform)
  if (found !== undefined && (ok || !names(`${text}${platform.said()}`, file)))
    faults.push(`silent: ${found}, health ${oneLine(text)}, said ${oneLine(platform.said())}`)
  if (rejected !== folder.rejected && !names(`${text}${platform.said()}`, file))
    faults.push(`silent: ${rejected} rejected events`)
  await platform.stop()
}

async function startRepaired(
  folder: CrashedFolder,
  data: string,
  file: string,
  faults: string[],
  course: string[],
): Promise<void> {
  const repair = await doctor(data)
  course.push(`doctor ${repair.code ?? repair.signal}: ${oneLine(repair.said)}`)
  const leftAndNamed = repair.code === 1 && names(repair.said, file, '')
  if (repair.code !== 0 && !leftAndNamed) faults.push(`doctor ${repair.code}: ${oneLine(repair.said)}`)
  const started = await start(data)
  if (!started.ready) {
    course.push(`refused: ${oneLine(started.said)}`)
    if (!leftAndNamed) faults.push(`refusal after doctor: ${oneLine(started.said)}`)
    return
  }
  const { platform } = started
  const added = Array.from({ length: 30 }, (_, n) => eventOf(n, 'after'))
  const status = await platform.send([...folder.events.slice(0, 60), ...folder.events.slice(-60), ...added])
  if (status !== 202) faults.push(`after doctor ingest answers ${status}`)
  const expected = await expectedOf([...folder.events, ...added])
  const merged = await difference(platform, expected, 'merged')
  const id = await platform.startRun('backfill', { last: '7d' })
  const batch = (await difference(platform, expected, 'batch')) ?? (await ended(platform, id))
  for (const wrong of [merged, batch])
    if (wrong !== undefined && !leftAndNamed) faults.push(`wrong after doctor: ${wrong}`)
  course.push(merged === undefined && batch === undefined ? 'right' : `wrong: ${merged} ${batch}`)
  await platform.stop()
}

type Run = { readonly status: string; readonly error?: unknown }

async function ended(
  platform: { get<T>(path: string): Promise<T> },
  id: string,
): Promise<string | undefined> {
  for (let n = 0; n < 100; n++) {
    const run = await platform.get<Run>(`/v1/runs/${id}`)
    if (run.status === 'succeeded') return undefined
    if (run.status !== 'running') return `the backfill ${run.status}: ${JSON.stringify(run.error)}`
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  return 'the backfill does not end'
}

async function rejectedOf(platform: { get<T>(path: string): Promise<T> }): Promise<number | string> {
  try {
    return (await platform.get<{ events: unknown[] }>('/v1/rejected?limit=1000')).events.length
  } catch (error) {
    return String(error)
  }
}

/** Does a text name the file, or a folder that it is alone in, and the remedy? */
function names(text: string, file: string, remedy = REMEDY): boolean {
  const parts = file.split('/')
  const known = [parts.at(-1)!, parts.slice(-2).join('/'), parts.slice(0, -1).join('/')]
  return text.includes(remedy) && known.some(name => name !== '' && text.includes(name))
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').slice(-400)
}
