import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import type { Results } from '../peers/batch/results.ts'
import { start } from '../peers/process.ts'
import { watchDisk } from './disk.ts'
import type { Engine, Place } from './engines.ts'
import { endTree, watchTree } from './tree.ts'

/** What an engine took. */
export type Measured = {
  readonly engine: string
  readonly version: string
  /** By its own clock, from loaded to all written; its limit where it was ended at that. */
  readonly seconds: number
  readonly isEnded: boolean
  readonly cpuSeconds: number
  readonly peakBytes: number
  /** The folder of the day at most, with raw files. */
  readonly diskBytes: number
  /** Load averages over one minute as it began and as it ended: two are what two cores can do. */
  readonly load: readonly [number, number]
  readonly steps: Readonly<Record<string, number>>
  readonly results: Results | undefined
}

type Said = Pick<Measured, 'seconds' | 'steps' | 'version'>

/** Runs one engine over the day, for so long at most, and removes what it made. */
export async function measure(engine: Engine, place: Place, limitSeconds: number): Promise<Measured> {
  clear(engine, place)
  mkdirSync(place.out, { recursive: true })
  const before = loadavg()[0]!
  const lines: string[] = []
  const child = start(await engine.command(place), {
    cores: '0,1',
    env: { PYTHONDONTWRITEBYTECODE: '1' },
    onLine: line => void lines.push(line),
  })
  const [tree, disk] = [watchTree(child.pid), watchDisk(place.folder)]
  const limit = setTimeout(() => endTree(child.pid), limitSeconds * 1000)
  const begun = performance.now()
  try {
    const problem = await child.ended(limitSeconds * 1000 + 60_000).then(
      () => undefined,
      (error: Error) => error,
    )
    const isEnded = (performance.now() - begun) / 1000 >= limitSeconds
    if (problem !== undefined && !isEnded) throw problem
    const usage = { ...tree.stop(), diskBytes: disk() }
    const said = isEnded ? { seconds: limitSeconds, steps: {}, version: engine.name } : saidIn(lines)
    const results = isEnded ? undefined : await engine.results(place)
    return { engine: engine.name, ...said, isEnded, ...usage, load: [before, loadavg()[0]!], results }
  } finally {
    clearTimeout(limit)
    tree.stop()
    disk()
    clear(engine, place)
  }
}

const saidIn = (lines: readonly string[]): Said => JSON.parse(lines.at(-1)!) as Said

/** Removes what an engine made, so that the next one has as much of the disk. */
function clear({ isInLake }: Engine, { folder, out }: Place): void {
  rmSync(out, { recursive: true, force: true })
  if (!isInLake) return
  rmSync(join(folder, 'views'), { recursive: true, force: true })
  for (const name of readdirSync(join(folder, 'lake')))
    if (name !== 'raw') rmSync(join(folder, 'lake', name), { recursive: true, force: true })
}
