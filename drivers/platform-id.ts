import { hash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { damaged } from './files/checked-text.ts'
import { isAbsent, replaceFile, storageFailed } from './files/durable.ts'

/**
 * The id of the platform whose data folder holds the file: made once, 32 hex digits, of which the last eight
 * check the others. What it keeps outside of the folder is marked with it.
 *
 * @throws TributaryError `corrupt_data` where it has been damaged; `storage_failed`
 */
export async function platformId(file: string): Promise<string> {
  const known = await readPlatformId(file)
  if (known !== undefined) return known
  const made = randomBytes(12).toString('hex')
  const id = made + check(made)
  await replaceFile(file, aside => writeFile(aside, `${id}\n`)).catch(cause => {
    throw storageFailed(`cannot write ${file}`, cause)
  })
  return id
}

/** The id that a file holds; undefined where there is none. @throws TributaryError as `platformId` */
export async function readPlatformId(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (isAbsent(cause)) return undefined
    throw storageFailed(`cannot read ${file}`, cause)
  })
  if (text === undefined) return undefined
  const id = text.trim()
  if (/^[0-9a-f]{32}$/.test(id) && check(id.slice(0, 24)) === id.slice(24)) return id
  throw damaged(file, 'it does not hold an id and its check')
}

const check = (text: string) => hash('sha256', text, 'hex').slice(0, 8)
