import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TributaryError } from '../../core/errors.ts'
import { checkedText, withCheck } from '../files/checked-text.ts'
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
  const secret = `dev-${randomBytes(24).toString('base64url')}`
  try {
    await makeFolder(dataFolder)
    await replaceFile(join(dataFolder, FILE), aside => writeFile(aside, withCheck(secret), { mode: 0o600 }))
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
    return checkedText(join(dataFolder, FILE), await readFile(join(dataFolder, FILE), 'utf8'))
  } catch (cause) {
    if (isAbsent(cause)) return undefined
    if (cause instanceof TributaryError) throw cause
    throw new TributaryError('storage_failed', `${join(dataFolder, FILE)} cannot be read`, { cause })
  }
}
