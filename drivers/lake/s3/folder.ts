import { randomUUID } from 'node:crypto'
import { TributaryError } from '../../../core/errors.ts'
import { isPlain } from '../../../core/lake/lake-paths.ts'
import type { LakeFolder, LakeObject } from '../../../core/ports/lake-folder.ts'
import type { ListedObject } from '../../../core/ports/objects.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import type { S3Objects } from '../../objects/s3/s3.ts'
import { createManifests, type Version, versionFolder } from './manifests.ts'

/** An object of the lake and where it is. */
export type PlacedObject = LakeObject & { readonly key: string; readonly etag: string }

/** The objects of a lake in S3. Paths are the lake's, keys are S3's. */
export type S3Folder = Pick<LakeFolder, 'folders' | 'remove' | 'replace'> & {
  list(folder: string): Promise<readonly PlacedObject[]>
  /** Stores a file under a path; answers what is there now. */
  upload(path: string, file: string): Promise<Pick<PlacedObject, 'key' | 'etag'>>
}

export type S3FolderSettings = {
  readonly objects: S3Objects
  readonly bucket: string
  /** ms since 1970. */
  readonly now?: () => number
}

const PARALLEL = 16
/** How often a folder is read that is replaced meanwhile. */
const MAX_READS = 5
/**
 * Versions not older than this may be one that another run is just copying: a Lambda runs 15 minutes at most.
 */
const GRACE_MS = 900_000

/**
 * Folders of S3 objects, of which each can be replaced in one step, which S3 itself has not. The objects of a
 * replaced folder are under `<folder>/v=<version>/`, and a manifest names the version readers see; versions
 * it does not name are invisible. Every path outside of the replaced folders is the key of its object.
 *
 * Replaced folders do not lie within one another, and what is in them changes only as a whole.
 */
export function createS3Folder({ objects, bucket, now = Date.now }: S3FolderSettings): S3Folder {
  const manifests = createManifests(objects, bucket)
  const ownerOf = async (path: string) => (isPlain(path) ? undefined : manifests.ownerOf(path))

  const list: S3Folder['list'] = async folder => {
    const owner = await ownerOf(folder)
    if (owner !== undefined)
      return (await listShown(owner.target)).filter(({ path }) => path.startsWith(`${folder}/`))
    const targets = isPlain(folder) ? [] : await manifests.targets(folder)
    const isBeside = ({ key }: ListedObject) =>
      !OF_A_VERSION.test(key) && !targets.some(target => key.startsWith(`${target}/`))
    const found = (await objects.list(`${folder}/`)).filter(isBeside).map(atItsKey)
    await inParallel(targets, PARALLEL, async target => void found.push(...(await listShown(target))))
    return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  }

  const remove: S3Folder['remove'] = async folder => {
    if (!isPlain(folder)) {
      await refuseInside(folder)
      await manifests.hide(folder)
    }
    // The folder's own name too: `remove` takes the path of a single object as well.
    await objects.remove([folder, ...(await keysIn(folder))])
  }

  /**
   * The objects that are shown in the place of a folder: all that its manifest names, or none where it has
   * none any more.
   */
  async function listShown(target: string): Promise<PlacedObject[]> {
    for (let attempt = 0; attempt < MAX_READS; attempt++) {
      const shown = await manifests.read(target)
      if (shown === undefined) return []
      const prefix = `${versionFolder(shown)}/`
      const listed = new Map((await objects.list(prefix)).map(object => [object.key, object]))
      const found = shown.paths.map(path => listed.get(prefix + path))
      // Some are gone where the folder was replaced between the two calls.
      if (found.every(object => object !== undefined))
        return found.map((object, i) => ({ ...atItsKey(object), path: `${target}/${shown.paths[i]}` }))
    }
    throw new TributaryError(
      'storage_failed',
      `lake: ${target} is not all there, or replaced again and again`,
    )
  }

  return {
    list,
    async folders(folder, some = {}) {
      const { after = '', limit, withRemains = false } = some
      const owner = await ownerOf(folder)
      if (owner !== undefined)
        return namesIn(folder, await listShown(owner.target))
          .filter(name => name > after)
          .slice(0, limit)
      if (isPlain(folder)) return objects.folders(`${folder}/`, some)
      const [replaced, all] = await Promise.all([
        manifests.names(folder, some),
        objects.folders(`${folder}/`, some),
      ])
      const names = new Set(replaced)
      // What is left of a replacement that was cut short before its manifest is no folder to a reader.
      for (const name of all)
        if (!names.has(name) && (withRemains || (await list(`${folder}/${name}`)).length > 0)) names.add(name)
      return [...names].sort().slice(0, limit)
    },
    remove,
    async replace(folder, target) {
      const staged = await list(folder)
      if (staged.length === 0)
        throw new TributaryError('storage_failed', `lake: there is nothing in ${folder} to replace ${target}`)
      if (isPlain(target)) throw misuse(`${target} is in a part of the lake where no folder is replaced`)
      await refuseInside(target)
      if ((await manifests.names(target)).length > 0)
        throw misuse(`folders in ${target} are replaced by themselves`)
      const before = await manifests.read(target)
      const version = { target, version: `${String(now()).padStart(13, '0')}-${randomUUID().slice(0, 8)}` }
      const paths = staged.map(({ path }) => path.slice(folder.length + 1))
      await inParallel(staged.entries(), PARALLEL, ([i, { key, bytes }]) =>
        objects.copy(key, `${versionFolder(version)}/${paths[i]}`, bytes),
      )
      await manifests.show({ ...version, paths })
      await objects.remove(
        (await objects.list(`${target}/`)).map(o => o.key).filter(isObsolete(version, before)),
      )
      await remove(folder)
    },
    async upload(path, file) {
      const owner = await ownerOf(path)
      if (owner !== undefined)
        throw misuse(`${owner.target} was replaced, so ${path} cannot be written by itself`)
      return { key: path, etag: await objects.upload(path, file) }
    },
  }

  async function keysIn(folder: string): Promise<readonly string[]> {
    return (await objects.list(`${folder}/`)).map(object => object.key)
  }

  async function refuseInside(path: string): Promise<void> {
    const owner = await ownerOf(path)
    if (owner !== undefined && owner.target !== path)
      throw misuse(`${path} is within ${owner.target}, which is replaced as a whole`)
  }

  /** Told of every key in the target: is it of a version that nobody needs? */
  function isObsolete(shown: Version, before: Version | undefined): (key: string) => boolean {
    const start = now() - GRACE_MS
    return key => {
      const version = versionOf(key.slice(shown.target.length))
      if (version === undefined) return true
      if (version === shown.version) return false
      return version === before?.version || Number(version.slice(0, 13)) < start
    }
  }
}

const VERSION = /^\/v=(\d{13}-[0-9a-f]{8})\//

/** The version in a path that begins after a folder's name. */
function versionOf(rest: string): string | undefined {
  return VERSION.exec(rest)?.[1]
}

const OF_A_VERSION = /\/v=\d{13}-[0-9a-f]{8}\//

function atItsKey({ key, bytes, etag }: ListedObject): PlacedObject {
  return { path: key, bytes, key, etag }
}

function namesIn(folder: string, objects: readonly PlacedObject[]): readonly string[] {
  const inside = objects.map(({ path }) => path).filter(path => path.startsWith(`${folder}/`))
  const parts = inside.map(path => path.slice(folder.length + 1).split('/'))
  return [...new Set(parts.filter(rest => rest.length > 1).map(([name]) => name!))].sort()
}

function misuse(problem: string): TributaryError {
  return new TributaryError('internal', `lake: ${problem}`)
}
