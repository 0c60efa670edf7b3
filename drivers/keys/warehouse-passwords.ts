import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TributaryError } from '../../core/errors.ts'
import { isAbsent, makeFolder, replaceFile, storageFailed } from '../files/durable.ts'

/** Passwords of the warehouse's two roles. */
export type WarehousePasswords = { readonly owner: string; readonly reader: string }

/**
 * The passwords of the warehouse that comes with the platform: made once, each in a file of its own that its
 * owner alone may read (0600). The files decide: whoever writes another password into one, or removes it,
 * changes the password at the next start.
 *
 * @throws TributaryError `invalid_setting` where a file holds what is no password; `storage_failed`
 */
export async function warehousePasswords(files: WarehousePasswords): Promise<WarehousePasswords> {
  return { owner: await password(files.owner), reader: await password(files.reader) }
}

async function password(file: string): Promise<string> {
  return (await readWarehousePassword(file)) ?? made(file)
}

/** The password that a file holds; undefined where there is none. @throws as `warehousePasswords` */
export async function readWarehousePassword(file: string): Promise<string | undefined> {
  const known = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (isAbsent(cause)) return undefined
    throw storageFailed(`cannot read ${file}`, cause)
  })
  return known === undefined ? undefined : checked(file, known.trim())
}

async function made(file: string): Promise<string> {
  const secret = randomBytes(24).toString('base64url')
  try {
    await makeFolder(dirname(file))
    await replaceFile(file, aside => writeFile(aside, secret, { mode: 0o600 }))
    return secret
  } catch (cause) {
    throw storageFailed(`cannot write ${file}`, cause)
  }
}

/** Of other characters, programs disagree which bytes a password has (RFC 4013). */
function checked(file: string, secret: string): string {
  if (/^[!-~]{12,}$/.test(secret)) return secret
  throw new TributaryError(
    'invalid_setting',
    `${file} does not hold a password: 12 or more printable ASCII characters without blanks; remove it to have one made`,
  )
}
