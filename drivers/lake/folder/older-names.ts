import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ifAbsent, syncFolder } from '../../files/durable.ts'
import { checkPath } from '../checks/raw-checks.ts'

const isOlder = (name: string) => name.startsWith('epoch=')

/**
 * Gives the curated folders of an earlier version, `epoch=…`, the names that `curatedFolder` gives. What was
 * not published yet lies under such names too, and is made again.
 */
export async function renameOlderFolders(lake: string): Promise<void> {
  for (const type of await namesIn(join(lake, 'curated'))) {
    const older = (await namesIn(join(lake, 'curated', type))).filter(isOlder)
    for (const name of older) await renameFolder(lake, `curated/${type}/${name}`)
    if (older.length > 0) await syncFolder(join(lake, 'curated', type))
  }
  for (const type of await namesIn(join(lake, 'staged', 'curated')))
    if ((await namesIn(join(lake, 'staged', 'curated', type))).some(isOlder))
      await rm(join(lake, 'staged'), { recursive: true, force: true })
}

/** Its checksums first: a folder without them would not be verified. */
async function renameFolder(lake: string, folder: string): Promise<void> {
  const renamed = folder.replace('/epoch=', '/tbepoch=')
  if (existsSync(join(lake, renamed))) {
    await rm(join(lake, folder), { recursive: true })
    return rm(checkPath(lake, folder), { force: true })
  }
  await mkdir(dirname(checkPath(lake, renamed)), { recursive: true })
  await rename(checkPath(lake, folder), checkPath(lake, renamed)).catch(ifAbsent(undefined))
  await rename(join(lake, folder), join(lake, renamed))
}

function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(ifAbsent([]))
}
