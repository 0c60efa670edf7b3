import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TributaryError } from '../../core/errors.ts'
import { checkedText, crcText, damaged } from '../files/checked-text.ts'
import { isAbsent, makeFolder, replaceFile } from '../files/durable.ts'

export const FILE = 'development-key'

/**
 * The key of a machine without `TRIBUTARY_KEYS`: made once, kept in the data folder for its owner only
 * (0600).
 *
 * @throws TributaryError `storage_failed` when it can neither be read nor made
 */
export async function developmentKey(dataFolder: string): Promise<string> {
  const known = await readDevelopmentKey(dataFolder)
  if (known !== undefined) return known
  const random = `dev-${randomBytes(24).toString('base64url')}`
  // Its checksum is in the key itself: the file holds the key and nothing else, as shells read it whole.
  const secret = `${random}.${crcText(random)}`
  try {
    await makeFolder(dataFolder)
    await replaceFile(join(dataFolder, FILE), aside => writeFile(aside, secret, { mode: 0o600 }))
    return secret
  } catch (cause) {
    throw new TributaryError('storage_failed', `the development key cannot be kept in ${dataFolder}`, {
      cause,
    })
  }
}

/** The development key of a data folder; undefined where none has been made. */
export async function readDevelopmentKey(dataFolder: string): Promise<string | undefined> {
  try {
    const path = join(dataFolder, FILE)
    return verified(path, checkedText(path, await readFile(path, 'utf8')))
  } catch (cause) {
    if (isAbsent(cause)) return undefined
    if (cause instanceof TributaryError) throw cause
    throw new TributaryError('storage_failed', `${join(dataFolder, FILE)} cannot be read`, { cause })
  }
}

/** @throws `corrupt_data`. A key of an earlier version has no checksum in it, and is taken as it is. */
function verified(path: string, secret: string): string {
  const [, random, check] = /^(.+)\.([^.]{8})$/.exec(secret) ?? []
  if (random === undefined || crcText(random) === check) return secret
  throw damaged(path, 'the key does not match the checksum at its end')
}
