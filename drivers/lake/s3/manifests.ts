import { TributaryError } from '../../../core/errors.ts'
import type { SomeFolders } from '../../../core/ports/lake-folder.ts'
import type { S3Objects } from '../../objects/s3/s3.ts'
import { s3Uri } from './uri.ts'

/** A folder that was replaced, and the version of it that readers see. */
export type Version = { readonly target: string; readonly version: string }

/** What is shown: a version and its objects, relative to the folder. */
export type Shown = Version & { readonly paths: readonly string[] }

/** Which version of a replaced folder readers see: one small object a folder, so one put switches. */
export type Manifests = {
  /** What is shown in the place of a folder; undefined where it was never replaced. */
  read(target: string): Promise<Shown | undefined>
  /** The replaced folder that a path is in, or is. */
  ownerOf(path: string): Promise<Shown | undefined>
  /** The replaced folders that are in a folder, or are it. */
  targets(folder: string): Promise<readonly string[]>
  /** Names of the folders directly in a folder that were replaced or hold one that was. */
  names(folder: string, some?: SomeFolders): Promise<readonly string[]>
  /** Shows a version in the place of what was shown before. */
  show(shown: Shown): Promise<void>
  /** Shows nothing in the place of a folder and of those in it. */
  hide(folder: string): Promise<void>
}

const ROOT = 'manifests'
const FILE = 'manifest'

const keyOf = (target: string) => `${ROOT}/${target}/${FILE}`

/** Folder in which the objects of a version are. */
export const versionFolder = ({ target, version }: Version) => `${target}/v=${version}`

/**
 * Manifests in S3: text objects with one URI a line, as Hive's SymlinkTextInputFormat reads them, so that
 * other engines read replaced folders too. S3 is strongly consistent: a read that begins after the put ended
 * sees the new manifest.
 */
export function createManifests(objects: S3Objects, bucket: string): Manifests {
  const read: Manifests['read'] = async target => {
    const content = await objects.get(keyOf(target))
    return content === undefined ? undefined : parse(content.toString(), target, bucket)
  }
  const keysUnder = async (folder: string) => (await objects.list(`${ROOT}/${folder}/`)).map(o => o.key)
  return {
    read,
    async ownerOf(path) {
      const own = await read(path)
      if (own !== undefined) return own
      const above = await Promise.all(foldersAbove(path).map(read))
      return above.find(shown => shown !== undefined)
    },
    targets: async folder =>
      (await keysUnder(folder)).map(key => key.slice(ROOT.length + 1, -FILE.length - 1)),
    names: (folder, some) => objects.folders(`${ROOT}/${folder}/`, some),
    show: shown => objects.put(keyOf(shown.target), Buffer.from(format(shown, bucket))),
    hide: async folder => objects.remove(await keysUnder(folder)),
  }
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}

function format(shown: Shown, bucket: string): string {
  return shown.paths.map(path => `${s3Uri(bucket, `${versionFolder(shown)}/${path}`)}\n`).join('')
}

function parse(text: string, target: string, bucket: string): Shown {
  const start = s3Uri(bucket, `${target}/v=`)
  const version = text.startsWith(start) ? text.slice(start.length, text.indexOf('/', start.length)) : ''
  const prefix = `${start}${version}/`
  const uris = text.split('\n').slice(0, -1)
  if (version === '' || !uris.every(uri => uri.startsWith(prefix)))
    throw new TributaryError('corrupt_data', `lake: the manifest of ${target} names no version of it`)
  return { target, version, paths: uris.map(uri => uri.slice(prefix.length)) }
}
