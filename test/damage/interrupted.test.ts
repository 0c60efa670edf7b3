import { cpSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { slicesAround } from '../../core/lake/id-slices.ts'
import { epochOfFolder, idsFolder, typeOfFolder } from '../../core/lake/lake-paths.ts'
import { embeddedPaths } from '../../drivers/compose/embedded.ts'
import { requireIntact } from '../../local/damage/require-intact.ts'
import { buildFolder, type CrashedFolder } from './folder.ts'
import { EPOCH_SECONDS } from './process.ts'
import { doctor, onCopy, REMEDY, type Reference, referenceOf, wrongOf } from './quick-trial.ts'
import { contentOf, reopen } from './reopen.ts'
import { withSteps } from './steps.ts'

vi.mock('node:fs/promises', async () => (await import('./steps.ts')).steppingFiles())
vi.mock('../../drivers/compose/embedded.ts', async () => (await import('./steps.ts')).steppingEngines())

/** Steps looked at wholly: some in `npm test`, all with `INTERRUPTED_STEPS=1000`. */
const STEPS = Number(process.env['INTERRUPTED_STEPS'] ?? 5)
const SEED = Number(process.env['SEED'] ?? Date.now() % 1e6)

/** What docs/run.md has in a backup, without the warehouse. */
const BACKUP = ['settings.json', 'declarations.json', 'lake', 'rejected', 'dead-letters']

describe(`a doctor that is interrupted (seed ${SEED})`, () => {
  let folder: CrashedFolder
  let reference: Reference
  let at: string

  beforeAll(async () => {
    at = await mkdtemp(join(tmpdir(), 'tributary-interrupted-'))
    folder = await buildFolder(2)
    reference = await referenceOf(folder)
    // All of it is in the raw lake, as a backup of some seconds later has it.
    await doctor(folder.data)
  }, 120_000)
  afterAll(async () => {
    for (const each of [folder.data, at]) await rm(each, { recursive: true, force: true })
  })

  /** The folder must answer what it should, or a start must be refused by name. */
  async function faultOfStart(data: string): Promise<string | undefined> {
    try {
      await requireIntact(embeddedPaths(data))
      return await onCopy({ data }, async copy =>
        wrongOf(await reopen(copy, folder.events), folder, reference.answers),
      )
    } catch (error) {
      return String(error).includes(REMEDY) ? undefined : `refused without remedy: ${String(error)}`
    }
  }

  async function faultAfterDoctor(data: string): Promise<string | undefined> {
    const left = (await doctor(data)).filter(({ isLeft }) => isLeft)
    if (left.length > 0) return `left: ${JSON.stringify(left)}`
    expect(await contentOf(data)).toEqual(reference.content)
    return wrongOf(await reopen(data, folder.events), folder, reference.answers)
  }

  const some = (count: number): readonly number[] => {
    const stride = Math.max(1, count / STEPS)
    const wanted = Array.from({ length: Math.ceil(count / stride) }, (_, i) => Math.floor(i * stride))
    return [...new Set(wanted.map(step => (step + (STEPS < count ? SEED % Math.ceil(stride) : 0)) % count))]
  }

  it('by a kill leaves a folder that a start refuses by name, and that the next doctor makes whole', async () => {
    await onRestored(folder, async data => {
      const steps: string[] = []
      await withSteps(
        what => {
          cpSync(data, join(at, String(steps.length)), { recursive: true })
          steps.push(what.replace(data, ''))
        },
        () => doctor(data),
      )
      expect(steps.length).toBeGreaterThan(40)
      const faults: string[] = []
      for (const [n, what] of steps.entries()) {
        const fault = await faultOfStart(join(at, String(n)))
        if (fault !== undefined) faults.push(`start before step ${n} (${what}): ${fault}`)
      }
      for (const n of some(steps.length)) {
        const fault = await faultAfterDoctor(join(at, String(n)))
        if (fault !== undefined) faults.push(`doctor after step ${n} (${steps[n]}): ${fault}`)
      }
      expect(faults).toEqual([])
    })
  }, 900_000)

  it('by a failure does so too, where log, batch views and partials are damaged', async () => {
    const harm = async (data: string) => {
      const [log] = await filesIn(data, 'log', '.log')
      const [partial] = await filesIn(data, 'lake/partials', '.parquet')
      for (const file of [log!, partial!, 'batch/data.mdb']) await flip(join(data, file))
    }
    const run = (data: string, failAt: number) => {
      let steps = 0
      const told = () => {
        if (steps++ === failAt) throw new Error('the disk is full')
      }
      return withSteps(told, () => doctor(data)).then(
        () => steps,
        () => undefined,
      )
    }
    const count = await onCopy(folder, async data => {
      await harm(data)
      return run(data, Number.POSITIVE_INFINITY)
    })
    expect(count).toBeGreaterThan(40)
    for (const n of some(count!))
      await onCopy(folder, async data => {
        await harm(data)
        // A failure of what can be left undone, such as to remove what was set aside, stops nothing.
        await run(data, n)
        expect(await faultOfStart(data), `start before step ${n}`).toBeUndefined()
        expect(await faultAfterDoctor(data), `doctor after step ${n}`).toBeUndefined()
      })
  }, 900_000)

  const partial = (data: string) => filesIn(data, 'lake/partials', '.parquet')
  const curated = (data: string) => filesIn(data, 'lake/curated', '.parquet')
  it.each([
    ['a partial flipped', async (data: string) => flip(join(data, (await partial(data))[0]!))],
    ['a partial gone', async (data: string) => rm(join(data, (await partial(data)).at(-1)!))],
    ['a curated file flipped', async (data: string) => flip(join(data, (await curated(data))[0]!))],
    [
      'a curated epoch gone with its checksums, and its partials flipped',
      async (data: string) => {
        const oldest = dirname((await curated(data))[0]!)
        await rm(join(data, oldest), { recursive: true })
        await rm(join(data, oldest.replace('lake/', 'lake/.checks/').concat('.json')))
        for (const file of await partial(data)) await flip(join(data, file))
      },
    ],
    [
      'markers gone, a curated file and a partial flipped',
      async (data: string) => {
        await rm(join(data, 'markers'), { recursive: true })
        for (const file of [(await curated(data)).at(-1)!, (await partial(data))[0]!])
          await flip(join(data, file))
      },
    ],
    [
      'a curated epoch gone, slices of ids damaged',
      async (data: string) => {
        const files = (await curated(data)).map(file => dirname(file))
        const last = files.at(-1)!
        const [, , typeFolder, epochFolder] = last.split('/')
        const type = typeOfFolder(typeFolder!)!
        for (const slice of slicesAround(epochOfFolder(epochFolder!)!, EPOCH_SECONDS * 1000)) {
          const folder = join(data, 'lake', idsFolder(type, slice))
          await mkdir(folder, { recursive: true })
          await writeFile(join(folder, 'data.parquet'), 'no ids')
        }
        await rm(join(data, last), { recursive: true })
      },
    ],
  ])(
    'is not needed twice: %s and batch views gone are mended by one',
    async (_, harm) => {
      await onCopy(folder, async data => {
        await harm(data)
        await rm(join(data, 'batch', 'data.mdb'))
        expect(await faultAfterDoctor(data)).toBeUndefined()
        expect(await doctor(data)).toEqual([])
      })
    },
    60_000,
  )

  it('ends without batch views where a partial is lost for good, until it is put back or that is accepted', async () => {
    await onRestored(folder, async data => {
      const [lost] = await partial(data)
      const copy = await readFile(join(data, lost!))
      const [, , , epoch] = lost!.split('/')
      const ofEpoch = (files: readonly string[]) =>
        files.filter(each => each.includes(epoch!) || each.includes(`tb${epoch}`))
      for (const file of ofEpoch(await filesIn(data, 'lake/raw', '.ndjson'))) await rm(join(data, file))
      for (const file of [lost!, ...ofEpoch(await curated(data))]) await flip(join(data, file))
      expect(await doctor(data)).toContainEqual(
        expect.objectContaining({
          ...{ file: 'batch/data.mdb', isLeft: true },
          outcome: expect.stringContaining('--accept-loss'),
        }),
      )
      await expect(requireIntact(embeddedPaths(data))).rejects.toThrow(REMEDY)
      await onCopy({ data }, async accepted => {
        const found = await doctor(accepted, true)
        expect(found).toContainEqual(expect.objectContaining({ file: 'batch/data.mdb', isLeft: false }))
        await requireIntact(embeddedPaths(accepted))
      })
      await writeFile(join(data, lost!), copy)
      await doctor(data)
      const { answers } = await reopen(data, folder.events)
      expect(answers).toEqual(reference.answers)
    })
  }, 120_000)
})

/** Files of the data folder below one of its folders, in order of epoch within each type or metric. */
async function filesIn(data: string, under: string, ending: string): Promise<readonly string[]> {
  const names = (await readdir(join(data, under), { recursive: true })).map(String)
  return names
    .filter(name => name.endsWith(ending))
    .map(name => `${under}/${name}`)
    .sort()
}

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path)
  bytes[Math.floor(bytes.length / 3)]! ^= 4
  await writeFile(path, bytes)
}

function onRestored<T>({ data }: CrashedFolder, work: (data: string) => Promise<T>): Promise<T> {
  return onCopy({ data: join(data, 'lake', 'inbox') }, async restored => {
    for (const name of BACKUP)
      await cp(join(data, name), join(restored, name), { recursive: true }).catch(() => undefined)
    return work(restored)
  })
}
