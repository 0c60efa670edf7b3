import fc from 'fast-check'
import { afterAll, describe, test } from 'vitest'
import { hostileDrafts, sampleDrafts } from '../arbitraries.ts'
import { HOSTILE, loadDeclared, SAMPLE } from '../declared.ts'
import { playPlatform } from './platform-play.ts'
import { platformScenarios } from './platform-scenario.ts'
import { openPlatformEngines } from './platform-world.ts'
import { createReceiver } from './received-log.ts'

/**
 * PLATFORM_RUNS multiplies the runs (`npm run soak` has several times as many); PLATFORM_SEED repeats those
 * of a report, whose seed is printed.
 */
const TIMES = Number(process.env['PLATFORM_RUNS'] ?? 1)
const SEED = process.env['PLATFORM_SEED']
/** Runs at once, for half of the time a run waits for its engine. */
const PARALLEL = 2

describe.concurrent.each([
  { name: 'the sample pipeline', folder: SAMPLE, drafts: sampleDrafts, runs: 120 * TIMES },
  { name: 'a hostile pipeline', folder: HOSTILE, drafts: hostileDrafts, runs: 80 * TIMES },
])('both layers over $name', async ({ folder, drafts, runs }) => {
  const declared = await loadDeclared(folder)
  const receive = createReceiver(declared)
  const engines = await openPlatformEngines(declared)
  afterAll(() => engines.dispose())

  test(
    `answer as the reference before, during and after batch runs, backfills, replays, redeliveries and crashes (${runs} runs)`,
    async () => {
      const property = () =>
        fc.asyncProperty(platformScenarios(drafts), async ({ requests, ...scenario }) => {
          await playPlatform(engines, scenario, await receive(requests, 95n))
        })
      const searches = Array.from({ length: PARALLEL }, (_, search) =>
        fc.assert(property(), {
          numRuns: Math.ceil(runs / PARALLEL),
          ...(SEED !== undefined && { seed: Number(SEED) + search }),
        }),
      )
      const failed = (await Promise.allSettled(searches)).find(result => result.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      // Two minutes on two quiet cores; other tests run beside it.
    },
    600_000 * TIMES,
  )
})
