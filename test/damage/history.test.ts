import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { HISTORY } from '../../core/lake/history-paths.ts'
import { openFolderLake } from '../../drivers/compose/folder-lake.ts'
import { buildFolder, type CrashedFolder } from './folder.ts'
import { doctor } from './quick-trial.ts'

/** What batch views were before: nothing makes it again, and no number of now depends on it. */

let folder: CrashedFolder
beforeAll(async () => {
  folder = await buildFolder(3)
  await doctor(folder.data)
}, 180_000)
afterAll(() => rm(folder.data, { recursive: true, force: true }))

async function historyOf(data: string): Promise<readonly string[]> {
  const { lake, close } = await openFolderLake({ folder: join(data, 'lake') })
  const paths = (await lake.list(HISTORY)).map(({ path }) => path)
  close()
  return paths
}

it('takes out what is damaged of the answers of before, says so, and leaves the rest', async () => {
  const [first = '', ...rest] = await historyOf(folder.data)
  expect(rest).not.toEqual([])
  const file = join(folder.data, 'lake', first)
  const whole = await readFile(file)
  await writeFile(
    file,
    whole.map((byte, i) => (i === 40 ? byte ^ 4 : byte)),
  )
  const found = await doctor(folder.data)
  expect(found).toEqual([
    expect.objectContaining({ isLeft: false, outcome: expect.stringMatching(/^removed: .*asOf/) }),
  ])
  expect(found[0]!.file).toBe(`lake/${first.slice(0, first.lastIndexOf('/'))}`)
  expect(await historyOf(folder.data)).toEqual(rest)
  expect(await doctor(folder.data)).toEqual([])
}, 180_000)
