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

/**
 * How a folder's clients come to be. `fetch` gets what is others' from its registry, and may fail where the
 * registry or the tool is out of reach; `build` makes what is ours of it, and must not fail once that is
 * here.
 */
export type Commands = {
  readonly fetch: readonly (readonly string[])[]
  readonly build?: readonly (readonly string[])[]
}

/** Installs a folder's `requirements.txt` into an environment of its own, `venv`. */
export const PYTHON_PACKAGES: Commands = {
  fetch: [
    ['python3', '-m', 'venv', 'venv'],
    'venv/bin/python -m pip install -q --disable-pip-version-check -r requirements.txt'.split(' '),
  ],
}

/** Installs a folder's `package.json`. */
export const NODE_PACKAGES: Commands = {
  fetch: [['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent']],
}

/** A folder of this one, copied into the cache with what its packages are installed from; or why not. */
export type Installed = { readonly folder: string } | { readonly missing: string }

/**
 * Installs a folder's clients from their own registries, once for each state of the folder. The commands run
 * in the copy. Where one that fetches fails, the reason is said on the console; where one that builds fails,
 * it throws.
 */
export async function install(name: string, commands: Commands): Promise<Installed> {
  const source = join(import.meta.dirname, name)
  const folder = join(CACHE, `${name}-${await digestOf(source, commands)}`)
  if (existsSync(folder)) return { folder }
  await mkdir(CACHE, { recursive: true })
  // Into a folder aside, renamed when whole.
  const aside = await mkdtemp(join(CACHE, 'install-'))
  try {
    await cp(source, aside, { recursive: true })
    const unreachable = await fetched(commands.fetch, aside)
    if (unreachable !== undefined) return missing(name, unreachable)
    for (const command of commands.build ?? []) await run(command, { cwd: aside, timeout: INSTALL_MS })
    await rename(aside, folder)
    return { folder }
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** Why what is others' cannot be had; undefined where it is here. */
async function fetched(commands: Commands['fetch'], folder: string): Promise<string | undefined> {
  try {
    for (const command of commands) await run(command, { cwd: folder, timeout: INSTALL_MS })
    return undefined
  } catch (error) {
    return lastLine(error)
  }
}

function missing(name: string, reason: string): Installed {
  const missing = `the clients of ${name} cannot be installed here: ${reason}`
  console.warn(`SKIPPED: ${missing}`)
  return { missing }
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

async function digestOf(folder: string, commands: Commands): Promise<string> {
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
