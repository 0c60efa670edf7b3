import { constants, type Stats } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TributaryError } from '../../core/errors.ts'
import { asideName } from '../../core/lake/aside-name.ts'
import { INBOX, inboxNote, outOfInbox, reasonOf } from '../../core/lake/inbox-paths.ts'
import type { Inbox, InboxFile } from '../../core/ports/inbox.ts'
import { ifAbsent, isAbsent, makeFolder, replaceFile } from '../files/durable.ts'
import { fileBytes, isGzipName } from './file-bytes.ts'
import { entriesUnder, fileOf, lookAt, MAX_DEPTH } from './folder-entries.ts'
import { freePath, moveAside, refuseUnmovable } from './folder-moves.ts'
import { noteText, readNote } from './note-text.ts'

/**
 * The inbox as the folder `inbox` of a lake's folder, which is made when it is opened.
 *
 * @throws TributaryError `storage_failed` when it cannot be made
 */
export async function openFolderInbox(lake: string): Promise<Inbox> {
  const root = join(lake, INBOX)
  await onInbox('cannot make the inbox', () => mkdir(root, { recursive: true }))
  await onInbox('cannot make the folder of its notes', () => makeFolder(dirname(join(lake, inboxNote('')))))
  /** Paths of names that are not their own bytes, as of the last listing. */
  let odd: ReadonlyMap<string, Buffer> = new Map()
  const pathOf = (name: string): Buffer => odd.get(name) ?? Buffer.from(join(root, name))

  const look = async (file: InboxFile): Promise<Stats | undefined> => {
    const stats = await lookAt(pathOf(file.name))
    return stats !== undefined && fileOf(file.name, stats).version === file.version ? stats : undefined
  }

  return {
    list: (limit, after = '') =>
      onInbox('cannot list the inbox', async () => {
        const entries = await entriesUnder(Buffer.from(root))
        odd = new Map(entries.filter(isOdd).map(({ name, path }) => [name, path]))
        const names = [...new Set(entries.map(({ name }) => name))].sort().filter(name => name > after)
        const files = names.slice(0, limit).map(async name => {
          const stats = await lookAt(pathOf(name))
          // What has vanished meanwhile is in conflict when it is read.
          return stats === undefined ? { name, bytes: 0, version: '', writtenAt: 0 } : fileOf(name, stats)
        })
        return Promise.all(files)
      }),
    async *read(file, from) {
      const path = pathOf(file.name)
      try {
        const stats = await look(file)
        if (stats === undefined) throw changed(file.name)
        refuseOthers(stats, file.name)
        await refuseUnmovable(path, stats)
        await using handle = await openFile(path)
        yield* fileBytes(handle, isGzipName(file.name), from)
      } catch (cause) {
        if (isAbsent(cause)) throw changed(file.name)
        throw asInboxError(`cannot read ${file.name}`, cause)
      }
    },
    move: (file, { place, day, reason }) =>
      onInbox(`cannot move ${file.name} out of the inbox`, async () => {
        if ((await look(file)) === undefined) return false
        const beside = reason === undefined ? [] : [reasonOf]
        const target = await freePath(join(lake, outOfInbox(place, day)), asideName(file.name), beside)
        await makeFolder(dirname(target))
        if (reason !== undefined) await replaceFile(reasonOf(target), aside => writeFile(aside, reason))
        await moveAside(pathOf(file.name), target)
        await rm(join(lake, inboxNote(file.name)), { force: true })
        return true
      }),
    noted: file =>
      onInbox(`cannot read what is noted of ${file.name}`, async () => {
        const place = inboxNote(file.name)
        const text = await readFile(join(lake, place), 'utf8').catch(ifAbsent(undefined))
        return text === undefined ? undefined : readNote(file, text, place)
      }),
    note: (file, note) =>
      onInbox(`cannot note how far ${file.name} is`, () =>
        replaceFile(join(lake, inboxNote(file.name)), aside => writeFile(aside, noteText(file, note))),
      ),
  }
}

const isOdd = ({ name, path }: { name: string; path: Buffer }) =>
  !path.toString('latin1').endsWith(latin(name))
const latin = (name: string) => Buffer.from(name).toString('latin1')

/** A link that took the file's place after the look is not followed; nor would a pipe be waited for. */
function openFile(path: Buffer): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
}

/** @throws TributaryError what no later attempt could read either, with the remedy */
function refuseOthers(stats: Stats, name: string): void {
  if (stats.isFile()) return
  if (stats.isDirectory() && name.split('/').length > MAX_DEPTH)
    throw new TributaryError(
      'corrupt_data',
      `it is a folder within ${MAX_DEPTH} others, deeper than is looked; put its files further up into the inbox`,
    )
  if (stats.isDirectory())
    throw new TributaryError(
      'storage_failed',
      'the folder cannot be looked into; give this account the right',
    )
  const what = stats.isSymbolicLink() ? 'a symbolic link, which is not followed' : 'no regular file'
  throw new TributaryError('corrupt_data', `it is ${what}; put the file itself into the inbox`)
}

/** Failures of the system as a whole: the next file would meet them too. */
const OF_THE_SYSTEM = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'EDQUOT', 'EROFS'])

async function onInbox<T>(problem: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw asInboxError(problem, cause)
  }
}

function asInboxError(problem: string, cause: unknown): unknown {
  if (cause instanceof TributaryError || !(cause instanceof Error) || !('syscall' in cause)) return cause
  const code = 'code' in cause && OF_THE_SYSTEM.has(String(cause.code)) ? 'unavailable' : 'storage_failed'
  return new TributaryError(code, `inbox: ${problem}: ${cause.message}`, { cause })
}

function changed(name: string): TributaryError {
  return new TributaryError('conflict', `inbox: ${name} has changed or is gone`)
}
