import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildFolder, type CrashedFolder } from './folder.ts'
import { doctor as doctorInProcess, type Reference, referenceOf, tryDamageQuickly } from './quick-trial.ts'
import { contentOf } from './reopen.ts'
import { tryDamage } from './trial.ts'

/**
 * Damages drawn: some in `npm test`, all with `DAMAGE_TRIALS=100`. `DAMAGE_STARTS=30` starts so many
 * platforms as processes, which takes some seconds each.
 */
const TRIALS = Number(process.env['DAMAGE_TRIALS'] ?? 12)
const STARTS = Number(process.env['DAMAGE_STARTS'] ?? 1)
const SEED = Number(process.env['SEED'] ?? Date.now() % 1e6)

describe(`a damaged data folder (seed ${SEED})`, () => {
  let folder: CrashedFolder
  let reference: Reference

  beforeAll(async () => {
    folder = await buildFolder(TRIALS > 50 ? 4 : 1)
    reference = await referenceOf(folder)
  }, 120_000)
  afterAll(() => rm(folder.data, { recursive: true, force: true }))

  it('has every published epoch again after doctor, also one whose curated rows and checksums are both gone', async () => {
    const data = await mkdtemp(join(tmpdir(), 'tributary-gone-'))
    try {
      await cp(folder.data, data, { recursive: true })
      await doctorInProcess(data)
      const lake = join(data, 'lake')
      const names = (await readdir(join(lake, 'curated'), { recursive: true })).map(String)
      const epoch = names.find(name => /^[^/]+\/tbepoch=[^/]+$/.test(name))!
      await rm(join(lake, 'curated', epoch), { recursive: true })
      await rm(join(lake, '.checks', 'curated', `${epoch}.json`))
      expect(await doctorInProcess(data)).toEqual([
        {
          ...{ file: `lake/curated/${epoch}`, isLeft: false },
          ...{ problem: expect.stringContaining('not there'), outcome: 'refined again from raw' },
        },
      ])
      expect(await contentOf(data)).toEqual(reference.content)
    } finally {
      await rm(data, { recursive: true, force: true })
    }
  }, 60_000)

  it(
    'is named with its remedy or does no harm, and doctor leaves it as it was or says what is lost',
    async () => {
      for (let seed = SEED; seed < SEED + TRIALS; seed++)
        expect(await tryDamageQuickly(folder, reference, seed)).toMatchObject({ faults: [] })
    },
    (TRIALS + 1) * 20_000,
  )

  it(
    'starts as a whole platform after doctor, and counts old, repeated and new events right in both layers',
    async () => {
      for (let seed = SEED; seed < SEED + STARTS; seed++)
        expect(await tryDamage(folder, seed)).toMatchObject({ faults: [] })
    },
    (STARTS + 1) * 120_000,
  )
})
