import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeDay } from '../../bench/day/day.ts'
import { diskOf } from '../../bench/day/disk.ts'
import { ENGINES } from '../../bench/day/engines.ts'
import { linesOf } from '../../bench/day/events.ts'
import { type Measured, measure } from '../../bench/day/measure.ts'
import { reportOf } from '../../bench/day/report.ts'
import { totalsOf } from '../../bench/day/results.ts'
import { treeOf } from '../../bench/day/tree.ts'

const DAY = { events: 8001, hours: 2 }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'day-test-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Line = { readonly id: string; readonly data: { readonly trip_duration: number } }

/** What was sent, each event once. */
function sent(): ReadonlyMap<string, number> {
  const raw = join(folder, 'lake', 'raw')
  const files = readdirSync(raw, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.gz'))
  const lines = files.flatMap(name =>
    String(gunzipSync(readFileSync(join(raw, name))))
      .trim()
      .split('\n'),
  )
  expect(lines).toHaveLength(DAY.events)
  const events = lines.map(text => JSON.parse(text) as Line)
  return new Map(events.map(({ id, data }) => [id, data.trip_duration]))
}

test('the lines of the hours add up to those of the day', () => {
  expect([linesOf(DAY, 0), linesOf(DAY, 1)]).toEqual([4000, 4001])
})

test('the platform counts each event of the day once, and leaves the raw files alone', async () => {
  const bytes = await writeDay(folder, DAY, () => undefined)
  const place = { folder, out: join(folder, 'out'), day: DAY }
  const measured = await measure(ENGINES['ours']!, place, 100)
  const durations = [...sent().values()]
  const minutes = durations.reduce((sum, each) => sum + Math.round(each * 10), 0) / 10
  expect(totalsOf(measured.results!)).toMatchObject({
    hourly: { trips: durations.length, minutes },
    daily: { trips: durations.filter(each => each >= 1).length },
    minutely: { trips: durations.length, minutes },
  })
  expect(measured.peakBytes).toBeGreaterThan(50e6)
  expect(measured.cpuSeconds).toBeGreaterThan(0)
  expect(await writeDay(folder, DAY, () => undefined)).toBe(bytes)
  const other = writeDay(folder, { ...DAY, events: 9000 }, () => undefined)
  await expect(other).rejects.toThrow(/has the events of another day \(hours-0-1-of-2-with-8001\.bytes\)/)
  expect(readdirSync(join(folder, 'lake'))).toEqual(['raw'])
  expect(measured.diskBytes).toBeGreaterThan(diskOf(join(folder, 'lake')))
})

test('an engine that takes longer than it may is ended with all it has started', async () => {
  const pidFile = join(folder, 'pid')
  const child = `fs.writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setTimeout(() => {}, 60000)`
  const script = `child_process.execFileSync(process.execPath, ['-e', ${JSON.stringify(child)}])`
  const slow = { ...ENGINES['chdb']!, command: async () => [process.execPath, '-e', script] }
  const measured = await measure(slow, { folder, out: join(folder, 'out'), day: DAY }, 5)
  expect(measured).toMatchObject({ isEnded: true, seconds: 5, results: undefined })
  const pid = Number(readFileSync(pidFile, 'utf8'))
  await expect.poll(() => treeOf(1).includes(pid)).toBe(false)
})

test('an engine that fails is told of with what it said', async () => {
  const failing = {
    ...ENGINES['chdb']!,
    command: async () => [process.execPath, '-e', 'throw new Error("no room")'],
  }
  const place = { folder, out: join(folder, 'out'), day: DAY }
  await expect(measure(failing, place, 100)).rejects.toThrow(/no room/)
})

const ROW = {
  trips: 2,
  minutes: 3.3,
  longest: 2.2,
  shortest: 1.1,
  mean_duration: 1.65,
  riders: 2,
  p95_duration: 2.2,
}
const OURS: Measured = {
  ...{ engine: 'ours', version: 'Tributary', seconds: 10, isEnded: false, cpuSeconds: 20, steps: {} },
  ...{ peakBytes: 1e9, diskBytes: 5e9, load: [1, 2] },
  results: { hourly: [{ key: '0 1', values: ROW }], daily: [], minutely: [] },
}

function sparkOf(changed: Partial<Measured>, values: Readonly<Record<string, number>> = {}): Measured {
  const row = { ...ROW, mean: 1.65, p95: 2.2, ...values }
  const results = { hourly: [{ key: '0 1', values: row }], daily: [], minutely: [] }
  return { ...OURS, engine: 'spark', version: 'Spark', seconds: 31, results, ...changed }
}

const spark = (changed: Partial<Measured>, values?: Readonly<Record<string, number>>) =>
  reportOf(DAY, 1e9, [OURS, sparkOf(changed, values)])

test('a report says how many times faster the platform is, and what is reached', () => {
  const { text, isEqual } = spark({})
  expect(isEqual).toBe(true)
  expect(text).toMatch(/^Spark +31\.0 +3\.10 /m)
  expect(text).toContain('reached: ≥ 3 × faster than Spark')
  expect(text).toContain('reached: ≤ 2.00 GB RSS of ours')
  expect(spark({ seconds: 29 }).text).toContain('MISSED: ≥ 3 × faster than Spark')
  expect(spark({ diskBytes: 9e9 }).text).toContain('MISSED: ≤ 8.00 GB of disk')
})

test('of an engine that was ended at its limit the figures are lower bounds', () => {
  const { text, isEqual } = spark({ isEnded: true, seconds: 40, results: undefined })
  expect(text).toMatch(/^Spark +> 40\.0 +> 4\.00 /m)
  expect(isEqual).toBe(true)
  const early = spark({ isEnded: true, seconds: 20, results: undefined })
  expect(early.text).toContain('NOT SHOWN: ≥ 3 × faster than Spark')
})

test('a report says so where an engine computed something else', () => {
  expect(spark({}, { minutes: 3.4 })).toMatchObject({ isEqual: false })
  expect(spark({}, { p95: 2.1 })).toMatchObject({ isEqual: false })
  expect(spark({}, { minutes: 3.4 }).text).toMatch(/Spark: totals DIFFER/)
})

test('what a folder takes is what its files take on the disk', () => {
  const inside = join(folder, 'disk', 'deeper')
  mkdirSync(inside, { recursive: true })
  writeFileSync(join(inside, 'file'), 'x'.repeat(100_000))
  expect(diskOf(join(folder, 'disk'))).toBeGreaterThanOrEqual(100_000)
  expect(diskOf(join(folder, 'nowhere'))).toBe(0)
})
