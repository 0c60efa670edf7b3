import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { curatedFolder } from '../../../../core/lake/lake-paths.ts'
import { openFolderLake } from '../../../../drivers/compose/folder-lake.ts'
import { readFolderChecks } from '../../../../drivers/lake/checks/folder-checks.ts'
import { curatedEpochs } from '../../../../steps/batch/lookup.ts'

const TYPE = 'com.example.trip'
const EPOCH = Date.UTC(2026, 0, 1)
const folder = curatedFolder(TYPE, EPOCH)
const older = folder.replace('tbepoch=', 'epoch=')

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lake-'))
})
afterEach(() => rm(root, { recursive: true }))

/** A lake with one curated epoch, as an earlier version named its folder. */
async function olderLake(): Promise<void> {
  const { lake, close } = await openFolderLake({ folder: root })
  await lake.put(`staged/${folder}/part-0.parquet`, ['rows'])
  await lake.replace(`staged/${folder}`, folder)
  close()
  await rename(join(root, folder), join(root, older))
  await rename(join(root, '.checks', `${folder}.json`), join(root, '.checks', `${older}.json`))
}

async function reopened<T>(look: (lake: Awaited<ReturnType<typeof openFolderLake>>['lake']) => Promise<T>) {
  const { lake, close } = await openFolderLake({ folder: root })
  close()
  return look(lake)
}

test('curated folders of an earlier version get the names of this one, with their checksums', async () => {
  await olderLake()
  expect(await reopened(lake => curatedEpochs(lake, TYPE))).toEqual([EPOCH])
  expect(await reopened(lake => lake.list('curated'))).toEqual([
    { path: `${folder}/part-0.parquet`, bytes: 4 },
  ])
  expect((await readFolderChecks(root, folder))?.[0]).toMatchObject({ 'part-0.parquet': { bytes: 4 } })
  expect(await readdir(join(root, '.checks', 'curated', `type=${TYPE}`))).toHaveLength(1)
})

test('an epoch that has both names keeps what is under the newer one', async () => {
  await olderLake()
  await mkdir(join(root, folder))
  expect(await reopened(lake => lake.list('curated'))).toEqual([])
  expect(await reopened(lake => curatedEpochs(lake, TYPE))).toEqual([EPOCH])
})

test('what an earlier version had not published is made again', async () => {
  await olderLake()
  await mkdir(join(root, 'staged', older), { recursive: true })
  expect(await reopened(lake => lake.folders('staged'))).toEqual([])
})
