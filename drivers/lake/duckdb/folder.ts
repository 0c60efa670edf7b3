import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Lake, LakeObject } from '../../../core/ports/lake.ts'
import { onFiles } from '../file-errors.ts'

/** The objects of a lake as files of a folder. */
export type Folder = Omit<Lake, 'session'> & {
  /** Stores what `fill` writes into the file it is given; answers its size. */
  place(path: string, fill: (file: string) => Promise<void>): Promise<number>
}

/** Files being written. */
const ASIDE = '.aside'
/** Folders on their way out: each under the path it had, `/` written as `~`. */
const REPLACED = '.replaced'

/**
 * Opens a folder, and ends what a crash left half done: files written aside are removed, a folder that `replace` had taken
 * out without putting the new one in is put back.
 */
export async function openFolder(root: string): Promise<Folder> {
  const at = (path: string) => join(root, path)
  let files = 0

  const place: Folder['place'] = (path, fill) =>
    onFiles(`cannot write ${path}`, async () => {
      const aside = at(`${ASIDE}/${files++}${path.slice(path.lastIndexOf('.'))}`)
      try {
        await fill(aside)
        await sync(aside)
        const { size } = await stat(aside)
        await makeFolder(dirname(at(path)))
        await rename(aside, at(path))
        await sync(dirname(at(path)))
        return size
      } finally {
        await rm(aside, { force: true })
      }
    })

  await onFiles(`cannot use the folder ${root}`, () => recover(root))
  return {
    place,
    put: async (path, text) => void (await place(path, file => writeFile(file, text, 'utf8'))),
    list: folder => onFiles(`cannot list ${folder}`, () => walk(root, folder)),
    async folders(folder) {
      const entries = await onFiles(`cannot list ${folder}`, () => entriesOf(at(folder)))
      return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
    },
    remove: folder =>
      onFiles(`cannot remove ${folder}`, () => rm(at(folder), { recursive: true, force: true })),
    replace: (folder, target) =>
      onFiles(`cannot replace ${target}`, async () => {
        const out = at(`${REPLACED}/${target.replaceAll('/', '~')}`)
        await rm(out, { recursive: true, force: true })
        await makeFolder(dirname(at(target)))
        const wasThere = await moved(at(target), out)
        await rename(at(folder), at(target)).catch(async cause => {
          if (wasThere) await rename(out, at(target))
          throw cause
        })
        await sync(dirname(at(target)))
        await rm(out, { recursive: true, force: true })
      }),
    address: at,
  }
}

async function recover(root: string): Promise<void> {
  await rm(join(root, ASIDE), { recursive: true, force: true })
  for (const folder of [ASIDE, REPLACED]) await mkdir(join(root, folder), { recursive: true })
  for (const name of await readdir(join(root, REPLACED))) {
    const out = join(root, REPLACED, name)
    const target = join(root, name.replaceAll('~', '/'))
    const isThere = await stat(target).then(() => true, absent(false))
    await (isThere ? rm(out, { recursive: true }) : rename(out, target))
  }
}

/** Renames; false where there is nothing to rename. */
function moved(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(() => true, absent(false))
}

async function walk(root: string, folder: string): Promise<LakeObject[]> {
  const found: LakeObject[] = []
  for (const entry of await entriesOf(join(root, folder))) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) found.push(...(await walk(root, path)))
    else if (entry.isFile()) found.push({ path, bytes: (await stat(join(root, path))).size })
  }
  return found
}

async function entriesOf(directory: string) {
  const entries = await readdir(directory, { withFileTypes: true }).catch(absent([]))
  return entries
    .filter(entry => !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** What there is instead where a file or folder does not exist; any other failure goes on. */
function absent<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return error => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return instead
    throw error
  }
}

/** Makes a folder and those above it, durably. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await sync(dirname(made))
}

async function sync(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
