import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TributaryError } from '../../core/errors.ts'
import { INBOX, outOfInbox, reasonOf } from '../../core/lake/lake-paths.ts'
import type { Inbox, InboxFile } from '../../core/ports/inbox.ts'
import { isAbsent, makeFolder, moveDurably, replaceFile } from '../files/durable.ts'
import { onFiles } from '../lake/file-errors.ts'
import { fileBytes, isGzipName } from './file-bytes.ts'

/**
 * The inbox as the folder `inbox` of a lake's folder, which is made when it is opened.
 *
 * @throws TributaryError `storage_failed` when it cannot be made
 */
export async function openFolderInbox(lake: string): Promise<Inbox> {
  const root = join(lake, INBOX)
  await onFiles('cannot make the inbox', () => mkdir(root, { recursive: true }))

  const isSame = async ({ name, version }: InboxFile): Promise<boolean> =>
    (await look(root, name))?.version === version

  return {
    list: limit => onFiles('cannot list the inbox', () => listed(root, limit)),
    async *read(file, from) {
      if (!(await isSame(file))) throw changed(file.name)
      try {
        yield* fileBytes(join(root, file.name), isGzipName(file.name), from)
      } catch (cause) {
        if (isAbsent(cause)) throw changed(file.name)
        throw cause instanceof TributaryError
          ? cause
          : new TributaryError('storage_failed', `inbox: cannot read ${file.name}`, { cause })
      }
    },
    move: (file, { place, day, reason }) =>
      onFiles(`cannot move ${file.name} out of the inbox`, async () => {
        if (!(await isSame(file))) return false
        const target = join(lake, outOfInbox(place, day, file.name))
        await makeFolder(dirname(target))
        if (reason !== undefined) await replaceFile(reasonOf(target), aside => writeFile(aside, reason))
        await moveDurably(join(root, file.name), target)
        return true
      }),
  }
}

async function listed(root: string, limit: number): Promise<readonly InboxFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const names = entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter(name => !name.split('/').some(part => part.startsWith('.')))
    .sort()
  const found = await Promise.all(names.slice(0, limit).map(name => look(root, name)))
  return found.filter(file => file !== undefined)
}

/** A file as it is now; undefined where there is none. */
async function look(root: string, name: string): Promise<InboxFile | undefined> {
  try {
    const { size, mtimeMs, ctimeMs, ino } = await stat(join(root, name))
    // Moving a file here changes ctime alone.
    return { name, bytes: size, version: `${ino}-${size}-${mtimeMs}`, writtenAt: Math.max(mtimeMs, ctimeMs) }
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

function changed(name: string): TributaryError {
  return new TributaryError('conflict', `inbox: ${name} has changed or is gone`)
}
