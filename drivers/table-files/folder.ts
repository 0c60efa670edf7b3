import { copyFile, link, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TributaryError } from '../../core/errors.ts'
import { tableFolder } from '../../core/lake/lake-paths.ts'
import type { TableFiles } from '../../core/ports/table-files.ts'
import { ifAbsent, isAbsent, makeFolder, replaceFile, storageFailed, syncFolder } from '../files/durable.ts'

/**
 * Table files of one machine, in the folder of the lake. A data file is a second name of the lake's own file:
 * what replaces that one in the lake leaves it alone, and it takes no space of its own until then.
 *
 * @param lake folder of the lake, absolute
 */
export function createFolderTableFiles(lake: string): TableFiles {
  return {
    folder: (namespace, table) => uriOf(join(lake, tableFolder(namespace, table))),
    keep: (path, folder) => onFile(path, () => keep(join(lake, path), join(pathOf(folder), 'data'))),
    write: (uri, bytes) =>
      onFile(uri, async () => {
        const file = pathOf(uri)
        await makeFolder(dirname(file))
        await using handle = await open(file, 'wx')
        await handle.writeFile(bytes)
        await handle.sync()
        await syncFolder(dirname(file))
      }),
    read: uri => onFile(uri, () => readFile(pathOf(uri))),
    remove: async uris => {
      for (const uri of uris) await onFile(uri, () => rm(pathOf(uri), { force: true }))
    },
  }
}

/**
 * As Spark and pyiceberg take it: the path as it stands, nothing in it escaped. Spark itself writes
 * `file:/…`.
 */
const uriOf = (path: string) => `file://${path}`
const pathOf = (uri: string) => uri.replace(/^file:(\/\/)?(?=\/)/, '')

/**
 * The number of a file and its time are those of no other, and a second name shares them: so that name is
 * found again, however often it is asked for.
 */
async function keep(file: string, folder: string) {
  const { ino, mtimeNs, size } = await stat(file, { bigint: true })
  const kept = join(folder, `${ino.toString(36)}-${mtimeNs.toString(36)}.parquet`)
  await makeFolder(folder)
  await linkOrCopy(file, kept)
  await syncFolder(folder)
  return { uri: uriOf(kept), bytes: Number(size) }
}

/** Where the file system knows no second name, or none of so many. */
const CANNOT_LINK = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EMLINK', 'ENOSYS'])

async function linkOrCopy(file: string, as: string): Promise<void> {
  try {
    await link(file, as)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (!CANNOT_LINK.has(code)) throw error
    if ((await stat(as).catch(ifAbsent(undefined))) === undefined)
      await replaceFile(as, aside => copyFile(file, aside))
  }
}

async function onFile<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isAbsent(error))
      throw new TributaryError('not_found', `tables: there is no ${what}`, { cause: error })
    throw storageFailed(`tables: ${what}`, error)
  }
}
