import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { hostileDrafts, sampleDrafts } from '../arbitraries.ts'
import { HOSTILE, loadDeclared, SAMPLE } from '../declared.ts'
import { type Asked, createExplainCheck } from './explain-check.ts'
import { playPlatform } from './platform-play.ts'
import { platformScenarios } from './platform-scenario.ts'
import { openPlatformEngines } from './platform-world.ts'
import { createReceiver } from './received-log.ts'

/** EXPLAIN_CELLS: so many cells are explained of each pipeline; EXPLAIN_SEED repeats a report's. */
const CELLS = Number(process.env['EXPLAIN_CELLS'] ?? 60)
const SEED = Number(process.env['EXPLAIN_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

describe.each([
  { name: 'the sample pipeline', folder: SAMPLE, drafts: sampleDrafts },
  { name: 'a hostile pipeline', folder: HOSTILE, drafts: hostileDrafts },
])('numbers of $name', async ({ folder, drafts }) => {
  const declared = await loadDeclared(folder)
  const receive = createReceiver(declared)
  const engines = await openPlatformEngines(declared)
  afterAll(() => engines.dispose())

  test(
    `are what their parts add up to, before, during and after runs, backfills and crashes, or say which part is not whole yet (${CELLS} cells)`,
    async () => {
      const asked: Asked = { cells: 0, addUp: 0, late: 0, duplicates: 0, live: 0 }
      for (let world = 0; asked.cells < CELLS; world++) {
        const seed = SEED + world
        const [scenario] = fc.sample(platformScenarios(drafts), { numRuns: 1, seed })
        const { requests, ...setting } = scenario!
        const log = await receive(requests, 95n)
        const play = playPlatform(engines, setting, log, one => createExplainCheck(one, asked, seed))
        await play.catch((cause: unknown) => {
          throw new Error(`with EXPLAIN_SEED=${seed}: ${String((cause as Error).message)}`, { cause })
        })
      }
      process.stdout.write(`explained ${JSON.stringify(asked)}\n`)
      // Worlds in which no layer lacks anything are the rule.
      expect(asked.addUp).toBeGreaterThan(asked.cells / 2)
    },
    60_000 + CELLS * 2_000,
  )
})
