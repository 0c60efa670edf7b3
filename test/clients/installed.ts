import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'clients')
const INSTALL_MS = 300_000
const MAX_OUTPUT = 64 * 1024 * 1024

/** Installs a folder's `requirements.txt` into an environment of its own, `venv`. */
export const PYTHON_PACKAGES: readonly (readonly string[])[] = [
  ['python3', '-m', 'venv', 'venv'],
  'venv/bin/python -m pip install -q --disable-pip-version-check -r requirements.txt'.split(' '),
]

/** A folder of this one, copied into the cache with what its packages are installed from; or why not. */
export type Installed = { readonly folder: string } | { readonly missing: string }

/**
 * Installs a folder's clients from their own registries, once for each state of the folder. `commands` run in
 * the copy; where one fails, as when a registry cannot be reached, the reason is said on the console.
 */
export async function install(name: string, commands: readonly (readonly string[])[]): Promise<Installed> {
  const source = join(import.meta.dirname, name)
  const folder = join(CACHE, `${name}-${await digestOf(source, commands)}`)
  if (existsSync(folder)) return { folder }
  await mkdir(CACHE, { recursive: true })
  // Into a folder aside, renamed when whole.
  const aside = await mkdtemp(join(CACHE, 'install-'))
  try {
    await cp(source, aside, { recursive: true })
    for (const command of commands) await run(command, { cwd: aside, timeout: INSTALL_MS })
    await rename(aside, folder)
    return { folder }
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    const missing = `the clients of ${name} cannot be installed here: ${lastLine(error)}`
    console.warn(`SKIPPED: ${missing}`)
    return { missing }
  }
}

/** What a command prints. Throws with what it wrote to stderr where it fails. */
export async function run(
  [command = '', ...args]: readonly string[],
  options: {
    readonly cwd: string
    readonly timeout: number
    readonly env?: Readonly<Record<string, string>>
  },
): Promise<string> {
  const env = { ...process.env, ...options.env }
  return (await exec(command, args, { ...options, env, maxBuffer: MAX_OUTPUT })).stdout
}

async function digestOf(folder: string, commands: readonly (readonly string[])[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(commands))
  for (const name of (await readdir(folder)).sort())
    hash.update(name).update(await readFile(join(folder, name)))
  return hash.digest('hex').slice(0, 12)
}

function lastLine(error: unknown): string {
  const lines = String((error as Error).message)
    .trim()
    .split('\n')
  return lines.findLast(line => line.trim() !== '') ?? ''
}
