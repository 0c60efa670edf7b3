import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import type { S3Objects } from '../../objects/s3/s3.ts'
import type { EngineFiles } from '../engine-files.ts'
import { openS3Files } from './files.ts'
import { createS3Folder } from './folder.ts'
import { openScratch } from './scratch.ts'

export type S3LakeSettings = {
  readonly objects: S3Objects
  readonly bucket: string
  /** Local folder for copies of objects; its content is removed at first. */
  readonly scratch: string
  /** Most bytes of copies. */
  readonly maxBytes: number
  /** Called before anything is copied in, to give up by throwing. */
  readonly check: () => void
  /** What to do where a statement reads more than that. */
  readonly remedy: string
}

/** The lake in S3, with copies of its objects for an engine that reads files. */
export type S3Lake = {
  readonly lake: LakeFolder
  /** Folder in which an engine finds the copies. */
  readonly root: string
  /** The files of a new session. */
  files(): EngineFiles
  /** Removes copies, the ones used longest ago first, until at most this many bytes are left. */
  shrink(bytes: number): Promise<void>
}

/**
 * Opens the lake in a bucket. @throws TributaryError `storage_failed` where the scratch folder cannot be used
 */
export async function openS3Lake(settings: S3LakeSettings): Promise<S3Lake> {
  const { objects, bucket, maxBytes, remedy, check } = settings
  const scratch = await openScratch({ objects, folder: settings.scratch, maxBytes, remedy })
  const folder = createS3Folder({ objects, bucket })
  const files = () => openS3Files({ folder, scratch, check })
  return {
    lake: {
      ...folder,
      list: async path =>
        (await folder.list(path)).map(object => ({ path: object.path, bytes: object.bytes })),
      put: async (path, text) => void (await files().place(path, file => writeText(file, text))),
    },
    root: scratch.root,
    files,
    shrink: scratch.shrink,
  }
}

/** Writes text to a file as it comes. */
async function writeText(file: string, text: AsyncIterable<string> | Iterable<string>): Promise<void> {
  await pipeline(Readable.from(text), createWriteStream(file))
}
