import { rm, stat } from 'node:fs/promises'
import { dirname, extname } from 'node:path/posix'
import type { EngineFiles } from '../engine-files.ts'
import { onFiles } from '../file-errors.ts'
import type { PlacedObject, S3Folder } from './folder.ts'
import type { Scratch } from './scratch.ts'

export type S3FilesSettings = {
  readonly folder: S3Folder
  readonly scratch: Scratch
  /** Called before anything is copied in, to give up by throwing. */
  readonly check: () => void
}

/**
 * The files of one session: copies of S3 objects, each folder as it was when the session first read from it.
 */
export function openS3Files({ folder, scratch, check }: S3FilesSettings): EngineFiles {
  const folders = new Map<string, Promise<readonly PlacedObject[]>>()
  const objectsIn = (name: string) => {
    const known = folders.get(name) ?? folder.list(name)
    folders.set(name, known)
    return known.catch(error => {
      folders.delete(name)
      throw error
    })
  }
  return {
    async hold(reads) {
      check()
      const paths = new Set(reads.flatMap(({ parts }) => parts))
      const listed = await Promise.all([...new Set([...paths].map(path => dirname(path)))].map(objectsIn))
      // A path that is not listed is no object: the engine says so.
      return scratch.hold(
        listed.flat().filter(object => paths.has(object.path)),
        check,
      )
    },
    async place(path, fill) {
      const aside = scratch.aside(extname(path))
      return onFiles(`cannot write ${path}`, async () => {
        try {
          await fill(aside)
          const { size } = await stat(aside)
          const stored = await folder.upload(path, aside)
          await scratch.adopt({ path, ...stored }, aside)
          folders.delete(dirname(path))
          return size
        } finally {
          await rm(aside, { force: true })
        }
      })
    },
  }
}
