import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TributaryError } from '../../../core/errors.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import type { S3Objects } from '../../objects/s3/s3.ts'
import { onFiles } from '../file-errors.ts'
import type { PlacedObject } from './folder.ts'

/** Copies of objects on the function's disk. */
export type Scratch = {
  /** Folder in which each object's copy is under the object's path. */
  readonly root: string
  /**
   * Copies in what is not there in this very version, and keeps all of it until what it returns is called.
   * `check` is called before each object, to give up by throwing.
   */
  hold(objects: readonly PlacedObject[], check: () => void): Promise<() => void>
  /**
   * A file name of its own, to write to; what is there is removed when the scratch folder is opened again.
   */
  aside(suffix: string): string
  /** Takes a file over as the copy of an object it was stored as. */
  adopt(object: Version, file: string): Promise<void>
  /** Removes copies, the ones used longest ago first, until at most this many bytes are left. */
  shrink(bytes: number): Promise<void>
}

export type ScratchSettings = {
  readonly objects: Pick<S3Objects, 'download'>
  /** Folder for copies; its content is removed at first. */
  readonly folder: string
  /** Most bytes of copies. */
  readonly maxBytes: number
  /** What to do where a statement reads more than that. */
  readonly remedy: string
}

/** What tells the contents of an object apart: where it is, and S3's mark of its content. */
type Version = Pick<PlacedObject, 'path' | 'key' | 'etag'>

type Copy = { readonly version: string; readonly bytes: number; holders: number }

/**
 * Objects of one part are copied in eight at a time, larger ones, of which parts are read side by side, two:
 * 128 MiB of buffers.
 */
const ONE_PART = 16 << 20
const SMALL_AT_ONCE = 8
const LARGE_AT_ONCE = 2

/** Opens a scratch folder. @throws TributaryError `storage_failed` where it cannot be used */
export async function openScratch({ objects, folder, maxBytes, remedy }: ScratchSettings): Promise<Scratch> {
  const copies = new Map<string, Copy>() // least recently used first
  const root = join(folder, 'objects')
  const address = (path: string) => `${root}/${path}`
  let asides = 0
  // One statement at a time makes room, so that two do not count the same bytes as free.
  let turn: Promise<unknown> = Promise.resolve()
  await onFiles(`cannot use the folder ${folder}`, async () => {
    await rm(folder, { recursive: true, force: true })
    await mkdir(join(folder, 'aside'), { recursive: true })
  })

  async function copyIn(wanted: readonly PlacedObject[], check: () => void): Promise<() => void> {
    const needed = sum(wanted)
    if (needed > maxBytes) throw tooLarge(needed, maxBytes, remedy)
    const held = new Set(wanted.map(object => object.path))
    const missing = wanted.filter(object => copies.get(object.path)?.version !== versionOf(object))
    for (const { path } of missing) {
      if ((copies.get(path)?.holders ?? 0) > 0)
        throw new TributaryError('storage_failed', `lake: ${path} changed while it was read`)
      await drop(path)
    }
    if (!(await makeRoom(maxBytes - sum(missing), path => held.has(path))))
      throw new TributaryError('overloaded', 'lake: running statements hold the disk; wait for them to end')
    const copy = async (object: PlacedObject) => {
      check()
      await download(object)
    }
    const isSmall = ({ bytes }: PlacedObject) => bytes <= ONE_PART
    await inParallel(missing.filter(isSmall), SMALL_AT_ONCE, copy)
    const large = missing.filter(object => !isSmall(object))
    await inParallel(large, LARGE_AT_ONCE, copy)
    for (const path of held) use(path, 1)
    return () => {
      for (const path of held) use(path, -1)
    }
  }

  async function download(object: PlacedObject): Promise<void> {
    const aside = nextAside('')
    const etag = await objects.download(object.key, aside).catch(gone)
    if (etag !== object.etag)
      throw new TributaryError('storage_failed', `lake: ${object.path} changed while it was copied`)
    await take(object.path, aside, versionOf(object))
  }

  async function take(path: string, file: string, version: string): Promise<void> {
    await onFiles(`cannot keep a copy of ${path}`, async () => {
      const { size } = await stat(file)
      await mkdir(dirname(address(path)), { recursive: true })
      await rename(file, address(path))
      const holders = copies.get(path)?.holders ?? 0
      copies.delete(path)
      copies.set(path, { version, bytes: size, holders })
    })
  }

  function use(path: string, change: number): void {
    const copy = copies.get(path)
    if (copy === undefined) return
    copies.delete(path)
    copies.set(path, { ...copy, holders: copy.holders + change })
  }

  async function drop(path: string): Promise<void> {
    await onFiles(`cannot remove the copy of ${path}`, () => rm(address(path), { force: true }))
    copies.delete(path)
  }

  /**
   * Removes copies until at most so many bytes are left; false where those that are held or kept take more.
   */
  async function makeRoom(bytes: number, isKept: (path: string) => boolean): Promise<boolean> {
    let used = sum(copies.values())
    for (const [path, copy] of [...copies]) {
      if (used <= bytes) break
      if (copy.holders > 0 || isKept(path)) continue
      await drop(path)
      used -= copy.bytes
    }
    return used <= bytes
  }

  function nextAside(suffix: string): string {
    return join(folder, 'aside', `${asides++}${suffix}`)
  }

  return {
    root,
    hold(wanted, check) {
      const work = turn.then(() => copyIn(wanted, check))
      turn = work.catch(() => undefined) // the caller gets it
      return work
    },
    aside: nextAside,
    adopt: (object, file) => take(object.path, file, versionOf(object)),
    shrink: async bytes => void (await makeRoom(bytes, () => false)),
  }
}

const versionOf = ({ key, etag }: Version) => `${key} ${etag}`

/** It was listed a moment ago: another run replaced its folder meanwhile, and listing it again helps. */
function gone(cause: unknown): never {
  if (!(cause instanceof TributaryError) || cause.code !== 'not_found') throw cause
  throw new TributaryError('storage_failed', `lake: ${cause.message}; its folder was replaced`, { cause })
}

function sum(objects: Iterable<{ readonly bytes: number }>): number {
  let bytes = 0
  for (const object of objects) bytes += object.bytes
  return bytes
}

function tooLarge(needed: number, maxBytes: number, remedy: string): TributaryError {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`
  const problem = `a statement reads ${gigabytes(needed)} of objects, and the disk has room for ${gigabytes(maxBytes)} of copies`
  return new TributaryError('too_large', `lake: ${problem}; ${remedy}`)
}
