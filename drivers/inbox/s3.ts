import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TributaryError } from '../../core/errors.ts'
import { asideName } from '../../core/lake/aside-name.ts'
import { INBOX, inboxNote, outOfInbox, reasonOf } from '../../core/lake/inbox-paths.ts'
import type { Inbox, InboxFile } from '../../core/ports/inbox.ts'
import type { ListedObject } from '../../core/ports/objects.ts'
import { onFiles } from '../lake/file-errors.ts'
import type { S3Objects } from '../objects/s3/s3.ts'
import { fileBytes, isGzipName } from './file-bytes.ts'
import { freeName } from './free-name.ts'
import { noteText, readNote } from './note-text.ts'
import { ofTheObject } from './s3-errors.ts'

export type S3InboxSettings = {
  readonly objects: S3Objects
  /** Folder on the function's disk, for the file in hand. */
  readonly scratch: string
  /** Largest file that the disk takes, bytes. */
  readonly largest: number
}

/** Failures after which a call may have taken effect. */
const OF_THE_STORAGE: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'overloaded'])

const keyOf = (name: string) => `${INBOX}/${name}`

/**
 * The inbox as objects of the lake's bucket. An object is copied to the disk before it is read, and read from
 * there.
 */
export function createS3Inbox({ objects, scratch, largest }: S3InboxSettings): Inbox {
  /** What is on the disk. */
  let held: string | undefined
  const copy = join(scratch, 'file')

  /** What is under a key. By a listing: the first key from this one on is its own, if it is there. */
  const at = async (key: string): Promise<ListedObject | undefined> => {
    const found = await objects.list(key, { limit: 1 })
    return found[0]?.key === key ? found[0] : undefined
  }
  const isFree = async (key: string) => (await at(key)) === undefined
  const hold = async ({ name, version, bytes }: InboxFile): Promise<void> => {
    if (held === `${name} ${version}`) return
    if (bytes > largest)
      throw new TributaryError(
        'too_large',
        `the file has ${bytes} bytes, and ${largest} fit the function's disk`,
      )
    held = undefined
    await onFiles('cannot use the scratch folder', () => mkdir(scratch, { recursive: true }))
    const etag = await objects.download(keyOf(name), copy).catch(error => {
      if (error instanceof TributaryError && error.code === 'not_found') throw changed(name)
      throw ofTheObject(error, 'read')
    })
    if (etag !== version) throw changed(name)
    held = `${name} ${version}`
  }

  /**
   * Removes the copy of an object that S3 refuses to move, which each further attempt would leave another of.
   * Where it is not known what a call did, the copy may be all there is.
   */
  const takeBack = async (file: InboxFile, target: string, error: unknown): Promise<void> => {
    const isRefused = error instanceof TributaryError && !OF_THE_STORAGE.has(error.code)
    if (!isRefused || (await at(keyOf(file.name)))?.etag !== file.version) return
    await objects.remove([target, reasonOf(target)])
  }

  return {
    async list(limit, after) {
      const files: InboxFile[] = []
      let from = after === undefined ? undefined : keyOf(after)
      // Hidden objects may fill whole pages.
      for (let isLast = false; !isLast && files.length < limit; ) {
        const found = await objects.list(`${INBOX}/`, { limit, ...(from !== undefined && { after: from }) })
        files.push(...found.map(fileOf).filter(isShown))
        from = found.at(-1)?.key
        isLast = found.length < limit
      }
      return files.slice(0, limit)
    },
    async *read(file, from) {
      await hold(file)
      await using handle = await open(copy)
      yield* fileBytes(handle, isGzipName(file.name), from)
    },
    async move(file, { place, day, reason }) {
      if ((await at(keyOf(file.name)))?.etag !== file.version) return false
      const wanted = `${outOfInbox(place, day)}/${asideName(file.name)}`
      const target = await freeName(
        wanted,
        async key => (await isFree(key)) && (reason === undefined || (await isFree(reasonOf(key)))),
      )
      if (reason !== undefined) await objects.put(reasonOf(target), Buffer.from(reason))
      try {
        await objects.copy(keyOf(file.name), target, file.bytes)
        await objects.remove([keyOf(file.name)])
      } catch (error) {
        await takeBack(file, target, error)
        throw ofTheObject(error, 'moved out of the inbox')
      }
      await objects.remove([inboxNote(file.name)])
      held = undefined
      await onFiles('cannot empty the scratch folder', () => rm(copy, { force: true }))
      return true
    },
    async noted(file) {
      const place = inboxNote(file.name)
      const text = await objects.get(place)
      return text === undefined ? undefined : readNote(file, text.toString(), place)
    },
    note: (file, note) => objects.put(inboxNote(file.name), Buffer.from(noteText(file, note))),
  }
}

function fileOf({ key, bytes, etag, writtenAt }: ListedObject): InboxFile {
  return { name: key.slice(INBOX.length + 1), bytes, version: etag, writtenAt }
}

/** A key that ends with a slash is a folder made in S3's console. */
function isShown({ name }: InboxFile): boolean {
  return !name.split('/').some(part => part === '' || part.startsWith('.'))
}

function changed(name: string): TributaryError {
  return new TributaryError('conflict', `inbox: ${name} has changed or is gone`)
}
