import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { typeOfFile } from '../../core/api/console-page.ts'

/** A file of the console as it is sent, base64 as Lambda's answers have it. */
export type ConsoleFile = {
  readonly type: string
  readonly bytes: string
  /** Undefined where it would be no shorter. */
  readonly gzipped: string | undefined
}

/** The built console: its page, and its assets by their names in `assets/`. */
export type ConsoleFiles = {
  readonly page: ConsoleFile
  readonly assets: ReadonlyMap<string, ConsoleFile>
}

/** More than a build makes; a folder with more is some other one. */
const MOST_FILES = 100

const compress = promisify(gzip)

/**
 * Reads the console once, at the start. What is asked for later is looked up by its name among these, so that
 * no text of a request ever becomes a path.
 *
 * @param folder where `npm run build:console` puts it
 * @returns undefined where it has not been built
 */
export async function readConsole(folder: string): Promise<ConsoleFiles | undefined> {
  try {
    const names = (await readdir(join(folder, 'assets'))).slice(0, MOST_FILES)
    const read = names.map(async name => [name, await readOne(join(folder, 'assets', name))] as const)
    return { page: await readOne(join(folder, 'index.html')), assets: new Map(await Promise.all(read)) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function readOne(path: string): Promise<ConsoleFile> {
  const bytes = await readFile(path)
  const gzipped = await compress(bytes, { level: 9 })
  return {
    type: typeOfFile(path),
    bytes: bytes.toString('base64'),
    gzipped: gzipped.length < bytes.length ? gzipped.toString('base64') : undefined,
  }
}
