import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openFolder } from '../../../../drivers/lake/folder/folder.ts'
import { lakeFolderContract } from '../../../contracts/lake-folder.ts'

lakeFolderContract('files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lake-'))
  return {
    lake: await openFolder(folder),
    text: path => readFile(join(folder, path), 'utf8'),
    dispose: () => rm(folder, { recursive: true, force: true }),
  }
})

describe('a lake that a crash left', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lake-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  test('has the old folder in its place where the new one was not put in', async () => {
    const lake = await openFolder(folder)
    await lake.put('curated/type=a/epoch=1/x.csv', ['old'])
    await lake.put('staged/curated/type=a/epoch=1/x.csv', ['new'])
    await rename(join(folder, 'curated/type=a/epoch=1'), join(folder, '.replaced/curated~type=a~epoch=1'))
    const again = await openFolder(folder)
    expect(await again.list('curated')).toHaveLength(1)
    await again.replace('staged/curated/type=a/epoch=1', 'curated/type=a/epoch=1')
    expect(await again.list('curated')).toHaveLength(1)
  })

  test('has the new folder where it was put in, and no trace of the old one', async () => {
    const lake = await openFolder(folder)
    await lake.put('t/x.csv', ['new'])
    await mkdir(join(folder, '.replaced/t'))
    await writeFile(join(folder, '.replaced/t/y.csv'), 'old')
    const again = await openFolder(folder)
    expect((await again.list('t')).map(object => object.path)).toEqual(['t/x.csv'])
    expect(await again.list('.replaced')).toEqual([])
  })

  test('forgets files that were being written', async () => {
    const lake = await openFolder(folder)
    await writeFile(join(folder, '.aside/0.parquet'), 'half')
    await openFolder(folder)
    expect(await lake.list('.aside')).toEqual([])
  })
})
