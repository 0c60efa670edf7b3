import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { difference, expectedOf } from './judge.ts'
import { doctor, type More, type RunningPlatform, start } from './process.ts'
import { onCopy } from './quick-trial.ts'
import { eventOf, randomFrom, type SentEvent } from './traffic.ts'

/** Kills tried: some in `npm test`, all with `SWEEP_KILLS=1000`. */
const KILLS = Number(process.env['SWEEP_KILLS'] ?? 3)
const SEED = Number(process.env['SEED'] ?? Date.now() % 1e6)

const DAY = 86_400_000
/** Flights alone, of which raw events are kept for two days. */
const PIPELINE = join(import.meta.dirname, 'kept')
const FLIGHTS = 'raw/type=com.tributary.flight'
const PER_DAY = 60
const PATIENCE_MS = 30_000

const loaded = ['other-day.ts', 'killed-in-sweep.ts']
  .map(name => `--import ${pathToFileURL(join(import.meta.dirname, name)).href}`)
  .join(' ')
const onDay = (behind: number, more: More = {}): More => ({
  ...{ TRIBUTARY_PIPELINE: PIPELINE, NODE_OPTIONS: loaded, CLOCK_BEHIND: String(behind * DAY) },
  ...more,
})

describe(`a platform that removes what contracts keep no longer (seed ${SEED})`, () => {
  let data: string
  const events: SentEvent[] = []

  /** A day on which events are sent and published, and what has gone out of use is marked. */
  async function day(behind: number): Promise<void> {
    const started = await start(data, onDay(behind))
    if (!started.ready) throw new Error(`the platform did not start: ${started.said}`)
    const sent = Array.from({ length: PER_DAY }, (_, n) => eventOf(2 * (events.length + n)))
    events.push(...sent)
    expect(await started.platform.send(sent)).toBe(202)
    await expectNumbers(started.platform)
    await runsOnce(started.platform)
    await started.platform.stop()
  }

  async function expectNumbers(platform: RunningPlatform): Promise<void> {
    const expected = await expectedOf(events, PIPELINE)
    for (const layer of ['batch', 'merged'] as const)
      expect(await difference(platform, expected, layer)).toBeUndefined()
  }

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'tributary-sweep-'))
    await day(6)
    await day(3)
    expect((await readdir(join(data, 'lake', FLIGHTS))).length).toBeGreaterThan(1)
  }, 180_000)
  afterAll(() => rm(data, { recursive: true, force: true, maxRetries: 3 }))

  /** Removes on a later day, all of it or until it is killed at a change; answers the changes. */
  async function sweep(folder: string, killedAt?: number): Promise<readonly string[]> {
    const CHANGES = `${folder}.changes`
    const more: More = killedAt === undefined ? { CHANGES } : { CHANGES, KILLED_AT: String(killedAt) }
    const started = await start(folder, onDay(1, more))
    if (started.ready) {
      const { platform } = started
      await until(async () => platform.hasEnded() || (killedAt === undefined && (await isSwept(folder))))
      if (killedAt === undefined) await runsOnce(platform)
      await platform.stop()
    }
    const changes = await readFile(CHANGES, 'utf8')
    await rm(CHANGES)
    return changes.split('\n').slice(0, -1)
  }

  it('is killed at any change and goes on from there, with every number and nothing for doctor', async () => {
    const changes = await onCopy({ data }, folder => sweep(folder))
    for (const layer of ['raw', 'partials', 'retention'])
      expect(changes.filter(what => what.includes(`/lake/${layer}/`))).not.toEqual([])
    for (const at of some(changes.length))
      await onCopy({ data }, async folder => {
        const before = await sweep(folder, at)
        expect(before, `killed at change ${at}`).toHaveLength(at + 1)
        await onCopy({ data: folder }, copy => expectWhole(copy, before.at(-1)!))
        const again = await start(folder, onDay(1))
        if (!again.ready) throw new Error(`it does not start after ${before.at(-1)}: ${again.said}`)
        await expectNumbers(again.platform)
        await until(() => isSwept(folder))
        await expectNumbers(again.platform)
        await again.platform.stop()
        await expectWhole(folder, before.at(-1)!)
      })
  }, 900_000)

  const some = (count: number): readonly number[] => {
    const random = randomFrom(SEED)
    const all = Array.from({ length: count }, (_, n) => n)
    if (KILLS >= count) return all
    const part = count / KILLS
    return Array.from({ length: KILLS }, (_, n) => Math.floor((n + random()) * part))
  }
})

/** Doctor finds nothing, and so brings nothing back. */
async function expectWhole(data: string, change: string): Promise<void> {
  const { said } = await doctor(data, onDay(1))
  expect(said, `killed at: ${change}`).toContain('everything is as it was written')
}

/** Raw events of the oldest day are gone. */
async function isSwept(data: string): Promise<boolean> {
  return (await readdir(join(data, 'lake', FLIGHTS))).length <= 1
}

/** Waits until a batch run has begun after this, and has ended. */
async function runsOnce(platform: RunningPlatform): Promise<void> {
  const id = await platform.startRun('batch', {})
  await until(async () => (await platform.get<{ status: string }>(`/v1/runs/${id}`)).status !== 'running')
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await holds()); await sleep(100))
    if (Date.now() > end) throw new Error(`still not so after ${PATIENCE_MS} ms`)
}
