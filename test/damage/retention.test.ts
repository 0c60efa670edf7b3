import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { floorTo } from '../../core/data/time.ts'
import { partialsFolder } from '../../core/lake/lake-paths.ts'
import { condensedOfMetric, keptOfMetric } from '../../core/lake/retention-paths.ts'
import { openFolderLake } from '../../drivers/compose/folder-lake.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { epochsIn } from '../../steps/batch/lookup.ts'
import { DAY } from '../../steps/batch/retention/all-partials.ts'
import { condenseDay } from '../../steps/batch/retention/condense.ts'
import { markKept } from '../../steps/batch/retention/kept.ts'
import { SAMPLE } from '../declared.ts'
import { buildFolder, type CrashedFolder } from './folder.ts'
import { doctor, onCopy, type Reference, referenceOf, wrongOf } from './quick-trial.ts'
import { reopen } from './reopen.ts'

describe('a data folder whose partials are condensed', () => {
  let folder: CrashedFolder
  let reference: Reference
  beforeAll(async () => {
    folder = await buildFolder(3)
    reference = await referenceOf(folder)
    await doctor(folder.data)
    await condenseAll(folder.data)
  }, 180_000)
  afterAll(() => rm(folder.data, { recursive: true, force: true }))

  it('is as it was written to doctor: what is kept no longer is not missing', async () => {
    await onCopy(folder, async data => {
      expect(await doctor(data)).toEqual([])
      expect(wrongOf(await reopen(data, folder.events), folder, reference.answers)).toBeUndefined()
    })
  }, 120_000)

  it('gets its batch views from them where they are gone', async () => {
    await onCopy(folder, async data => {
      await rm(join(data, 'batch', 'data.mdb'))
      expect((await doctor(data)).filter(({ isLeft }) => isLeft)).toEqual([])
      expect(wrongOf(await reopen(data, folder.events), folder, reference.answers)).toBeUndefined()
    })
  }, 120_000)

  it('names one that is damaged, which only a copy of it brings back', async () => {
    await onCopy(folder, async data => {
      const file = await condensedFile(data)
      const whole = await readFile(file)
      await writeFile(
        file,
        whole.map((byte, i) => (i === 200 ? byte ^ 4 : byte)),
      )
      await rm(join(data, 'batch', 'data.mdb'))
      const left = (await doctor(data)).filter(({ isLeft }) => isLeft)
      expect(left.map(({ file: named }) => named.split('/').slice(0, 2).join('/'))).toEqual([
        'lake/condensed',
        'batch/data.mdb',
      ])
      expect(left[0]!.outcome).toMatch(/kept no longer.*put a copy of it there/)
      await writeFile(file, whole)
      expect((await doctor(data)).filter(({ isLeft }) => isLeft)).toEqual([])
      expect(wrongOf(await reopen(data, folder.events), folder, reference.answers)).toBeUndefined()
    })
  }, 120_000)
})

/** Condenses the partials of every epoch that is published, and removes them, as sweeps of some days do. */
async function condenseAll(data: string): Promise<void> {
  const { lake, engine, close } = await openFolderLake({ folder: join(data, 'lake') })
  const ports = { lake, engine, batch: undefined as never }
  for (const metric of (await loadPipeline(SAMPLE)).metrics) {
    const epochs = await epochsIn(lake, `partials/metric=${metric.id}`)
    for (const day of new Set(epochs.map(epoch => floorTo(epoch, DAY)))) await condenseDay(ports, metric, day)
    const since = (epochs.at(-1) ?? 0) + 1000
    await markKept(lake, { owner: keptOfMetric(metric.id), kind: 'condensed', since, made: 0 })
    for (const epoch of epochs) await lake.remove(partialsFolder(metric.id, epoch))
    if (epochs.length > 0) expect(await lake.folders(condensedOfMetric(metric.id))).not.toEqual([])
  }
  close()
}

async function condensedFile(data: string): Promise<string> {
  const names = (await readdir(join(data, 'lake/condensed'), { recursive: true })).map(String)
  return join(data, 'lake/condensed', names.sort().find(name => name.endsWith('.parquet'))!)
}
