import { lstat, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LakeFolder, LakeObject, SomeFolders } from '../../../core/ports/lake-folder.ts'
import { ifAbsent, makeFolder, replaceFile, syncFolder } from '../../files/durable.ts'
import { forgetFolder, noteReplacement } from '../checks/folder-checks.ts'
import type { EngineFiles } from '../engine-files.ts'
import { onFiles } from '../file-errors.ts'

/** The objects of a lake as files of a folder, and how an engine stores one. */
export type Folder = LakeFolder & Pick<EngineFiles, 'place'>

/** What is being written; emptied when the folder is opened. */
export const ASIDE = '.aside'
/** Folders on their way out: each under the path it had, `/` written as `~`. */
const REPLACED = '.replaced'

/**
 * Opens a folder, and ends what a crash left half done: files written aside are removed, a folder that
 * `replace` had taken out without putting the new one in is put back.
 */
export async function openFolder(root: string): Promise<Folder> {
  const at = (path: string) => join(root, path)
  let files = 0

  const place: Folder['place'] = (path, fill) =>
    onFiles(`cannot write ${path}`, async () => {
      const aside = at(`${ASIDE}/${files++}${path.slice(path.lastIndexOf('.'))}`)
      const fillAside = async () => {
        await fill(aside)
        // Not before: a folder without files would be listed like any other.
        await makeFolder(dirname(at(path)))
      }
      await replaceFile(at(path), fillAside, aside)
      return (await stat(at(path))).size
    })

  await onFiles(`cannot use the folder ${root}`, () => recover(root))
  return {
    place,
    put: async (path, text) => void (await place(path, file => writeFile(file, text, 'utf8'))),
    list: folder => onFiles(`cannot list ${folder}`, () => walk(root, folder)),
    folders: (folder, some) => onFiles(`cannot list ${folder}`, () => foldersOf(at(folder), some)),
    remove: folder =>
      onFiles(`cannot remove ${folder}`, async () => {
        // In one move: half of what it holds, or an empty folder, would be taken for all of it.
        const out = at(`${ASIDE}/${files++}`)
        // Its checksums first: without its folder one would say that something is missing.
        await forgetFolder(root, folder)
        const isOut = await moved(at(folder), out)
        await rm(isOut ? out : at(folder), { recursive: true, force: true })
      }),
    replace: (folder, target) =>
      onFiles(`cannot replace ${target}`, async () => {
        const out = at(`${REPLACED}/${target.replaceAll('/', '~')}`)
        await rm(out, { recursive: true, force: true })
        await makeFolder(dirname(at(target)))
        await noteReplacement(root, folder, target)
        const wasThere = await moved(at(target), out)
        await rename(at(folder), at(target)).catch(async cause => {
          if (wasThere) await rename(out, at(target))
          throw cause
        })
        await syncFolder(dirname(at(target)))
        await rm(out, { recursive: true, force: true })
      }),
  }
}

async function recover(root: string): Promise<void> {
  await rm(join(root, ASIDE), { recursive: true, force: true })
  for (const folder of [ASIDE, REPLACED]) await mkdir(join(root, folder), { recursive: true })
  for (const name of await readdir(join(root, REPLACED))) {
    const out = join(root, REPLACED, name)
    const target = join(root, name.replaceAll('~', '/'))
    const isThere = await stat(target).then(() => true, ifAbsent(false))
    await (isThere ? rm(out, { recursive: true }) : rename(out, target))
  }
}

/** Renames; false where there is nothing to rename. */
function moved(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(() => true, ifAbsent(false))
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

/**
 * Of years of epochs those after one are wanted, which are few: so names are read alone, and what they name
 * is looked at only where it is wanted.
 */
async function foldersOf(
  directory: string,
  { after = '', limit = Number.POSITIVE_INFINITY, among }: SomeFolders = {},
) {
  const names = among ?? (await readdir(directory).catch(ifAbsent([])))
  const wanted = names.filter(name => name > after && !name.startsWith('.')).sort()
  const found: string[] = []
  for (const name of wanted) {
    if (found.length >= limit) break
    const entry = await lstat(join(directory, name)).catch(ifAbsent(undefined))
    if (entry?.isDirectory()) found.push(name)
  }
  return found
}

async function entriesOf(directory: string) {
  const entries = await readdir(directory, { withFileTypes: true }).catch(ifAbsent([]))
  return entries
    .filter(entry => !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
