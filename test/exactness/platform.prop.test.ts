import fc from 'fast-check'
import { afterAll, describe, test } from 'vitest'
import { hostileDrafts, sampleDrafts } from '../arbitraries.ts'
import { HOSTILE, loadDeclared, SAMPLE } from '../declared.ts'
import { playPlatform } from './platform-play.ts'
import { platformScenarios } from './platform-scenario.ts'
import { openPlatformEngines } from './platform-world.ts'
import { createReceiver } from './received-log.ts'

/** More of them, or others, on demand. */
const RUNS = Number(process.env['PLATFORM_RUNS'] ?? 500)
const SEED = process.env['PLATFORM_SEED']

describe.concurrent.each([
  { name: 'the sample pipeline', folder: SAMPLE, drafts: sampleDrafts },
  { name: 'a hostile pipeline', folder: HOSTILE, drafts: hostileDrafts },
])('both layers over $name', async ({ folder, drafts }) => {
  const declared = await loadDeclared(folder)
  const receive = createReceiver(declared)
  const engines = await openPlatformEngines(declared)
  afterAll(() => engines.dispose())

  // Concurrent: half of the time, each pipeline waits for its engine.
  test(`answer as the reference before, during and after batch runs, backfills, replays, redeliveries and crashes (${RUNS} runs)`, async () => {
    const property = fc.asyncProperty(platformScenarios(drafts), async ({ requests, ...scenario }) => {
      await playPlatform(engines, scenario, await receive(requests, 95n))
    })
    await fc.assert(property, { numRuns: RUNS, ...(SEED !== undefined && { seed: Number(SEED) }) })
  }, 600_000)
})
