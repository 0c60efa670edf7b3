import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { median } from '../../figure.ts'
import { start } from '../process.ts'
import type { Row } from '../row.ts'
import { expectedCounts } from './resending.ts'
import type { Counts, Killable } from './system.ts'

const KILLS = 20
const RATE = 10_000

/**
 * Kills the counting process while events come in, one in a hundred of them twice, and compares all counts
 * with what they must be.
 */
export async function measureKills(system: Killable, trips: string, loadCores: string): Promise<Row> {
  try {
    await system.start()
    let places = 0
    const load = start(system.resending(RATE), {
      cores: loadCores,
      onLine: line => {
        const report = JSON.parse(line) as { places?: number; acceptedEvents?: number }
        places = report.places ?? report.acceptedEvents ?? places
      },
    })
    const seconds: number[] = []
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(500 + Math.random() * 2500)
      await system.kill()
      const killed = performance.now()
      await system.start()
      seconds.push((performance.now() - killed) / 1000)
    }
    await sleep(1000)
    load.endInput()
    await load.ended(120_000)
    const expected = expectedCounts(readFileSync(trips, 'utf8').trimEnd().split('\n'), places)
    const errors = difference(expected, await settledCounts(system, expected))
    return {
      suite: 'kills',
      system: system.name,
      configuration: system.configuration,
      figures: { events: sum(expected), kills: KILLS, 'running again, s': median(seconds), ...errors },
      note: system.note,
    }
  } finally {
    await system.dispose()
  }
}

/** Counts once they are what they must be, or have not changed for twenty seconds. */
async function settledCounts(system: Killable, expected: Counts): Promise<Counts> {
  let counts = await system.counts()
  for (let since = performance.now(); performance.now() - since < 20_000; ) {
    if (sum(counts) === sum(expected)) await sleep(2000)
    else await sleep(500)
    const now = await system.counts()
    if (sum(now) === sum(counts) && sum(now) === sum(expected)) return now
    if (sum(now) !== sum(counts)) since = performance.now()
    counts = now
  }
  return counts
}

function difference(expected: Counts, counts: Counts) {
  let [missing, double] = [0, 0]
  for (const key of new Set([...Object.keys(expected), ...Object.keys(counts)])) {
    const more = (counts[key] ?? 0) - (expected[key] ?? 0)
    if (more > 0) double += more
    else missing -= more
  }
  return { missing, double }
}

const sum = (counts: Counts) => Object.values(counts).reduce((total, count) => total + count, 0)
