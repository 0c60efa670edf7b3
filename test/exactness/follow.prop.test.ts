import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { hostileDrafts, sampleDrafts } from '../arbitraries.ts'
import { HOSTILE, loadDeclared, SAMPLE } from '../declared.ts'
import { createFollowCheck, type Told } from './follow-check.ts'
import { playPlatform } from './platform-play.ts'
import { platformScenarios } from './platform-scenario.ts'
import { openPlatformEngines } from './platform-world.ts'
import { createReceiver } from './received-log.ts'

/** FOLLOW_LOOKS: so many answers are compared of each pipeline; FOLLOW_SEED repeats a report's. */
const LOOKS = Number(process.env['FOLLOW_LOOKS'] ?? 500)
const SEED = Number(process.env['FOLLOW_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** Worlds to be played until there was something of each kind to be told: most have it, some have not. */
const MOST_WORLDS = 50
const hasAll = ({ change, boundary, resumed }: Told) => change > 0 && boundary > 0 && resumed > 0

describe.each([
  { name: 'the sample pipeline', folder: SAMPLE, drafts: sampleDrafts },
  { name: 'a hostile pipeline', folder: HOSTILE, drafts: hostileDrafts },
])('readers of $name', async ({ folder, drafts }) => {
  const declared = await loadDeclared(folder)
  const receive = createReceiver(declared)
  const engines = await openPlatformEngines(declared)
  afterAll(() => engines.dispose())

  test(
    `have what a query answers, through runs, backfills, crashes, restarts and lost connections (${LOOKS} answers)`,
    async () => {
      const told: Told = { compared: 0, snapshot: 0, change: 0, boundary: 0, resumed: 0 }
      for (let world = 0; told.compared < LOOKS || (!hasAll(told) && world < MOST_WORLDS); world++) {
        const seed = SEED + world
        const [scenario] = fc.sample(platformScenarios(drafts), { numRuns: 1, seed })
        const { requests, ...setting } = scenario!
        const log = await receive(requests, 95n)
        const play = playPlatform(engines, setting, log, one => createFollowCheck(one, told, seed))
        await play.catch((cause: unknown) => {
          throw new Error(`with FOLLOW_SEED=${seed}: ${String((cause as Error).message)}`, { cause })
        })
      }
      process.stdout.write(`followed ${JSON.stringify(told)}\n`)
      expect(told.change).toBeGreaterThan(0)
      expect(told.boundary).toBeGreaterThan(0)
      expect(told.resumed).toBeGreaterThan(0)
    },
    60_000 + LOOKS * 500,
  )
})
