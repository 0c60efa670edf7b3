import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TributaryError } from '../../core/errors.ts'
import { INBOX, outOfInbox, reasonOf } from '../../core/lake/lake-paths.ts'
import type { Inbox, InboxFile } from '../../core/ports/inbox.ts'
import { onFiles } from '../lake/file-errors.ts'
import type { S3Objects } from '../objects/s3/s3.ts'
import { fileBytes, isGzipName } from './file-bytes.ts'

export type S3InboxSettings = {
  readonly objects: S3Objects
  /** Folder on the function's disk, for the file in hand. */
  readonly scratch: string
  /** Largest file that the disk takes, bytes. */
  readonly largest: number
}

const keyOf = (name: string) => `${INBOX}/${name}`

/**
 * The inbox as objects of the lake's bucket. An object is copied to the disk before it is read, and read from
 * there.
 */
export function createS3Inbox({ objects, scratch, largest }: S3InboxSettings): Inbox {
  /** What is on the disk. */
  let held: string | undefined
  const copy = join(scratch, 'file')

  const isSame = async ({ name, version }: InboxFile): Promise<boolean> => {
    // By a listing: the first key from this one on is the object's own, if it is there.
    const found = await objects.list(keyOf(name), { limit: 1 })
    return found[0]?.key === keyOf(name) && found[0].etag === version
  }
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
      throw error instanceof TributaryError && error.code === 'not_found' ? changed(name) : error
    })
    if (etag !== version) throw changed(name)
    held = `${name} ${version}`
  }

  return {
    async list(limit) {
      const found = await objects.list(`${INBOX}/`, { limit })
      const files = found.map(({ key, bytes, etag, writtenAt }) => {
        return { name: key.slice(INBOX.length + 1), bytes, version: etag, writtenAt }
      })
      // A key that ends with a slash is a folder made in S3's console.
      return files.filter(({ name }) => !name.split('/').some(part => part === '' || part.startsWith('.')))
    },
    async *read(file, from) {
      await hold(file)
      yield* fileBytes(copy, isGzipName(file.name), from)
    },
    async move(file, { place, day, reason }) {
      if (!(await isSame(file))) return false
      const target = outOfInbox(place, day, file.name)
      if (reason !== undefined) await objects.put(reasonOf(target), Buffer.from(reason))
      await objects.copy(keyOf(file.name), target, file.bytes)
      await objects.remove([keyOf(file.name)])
      held = undefined
      await onFiles('cannot empty the scratch folder', () => rm(copy, { force: true }))
      return true
    },
  }
}

function changed(name: string): TributaryError {
  return new TributaryError('conflict', `inbox: ${name} has changed or is gone`)
}
