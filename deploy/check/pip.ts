import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CACHE = join(import.meta.dirname, '../../node_modules/.cache')
const INSTALL_MS = 600_000

/** The Python that has the packages, or why there is none. */
export type Installed = { readonly python: string } | { readonly reason: string }

/** Installs pinned packages with pip into a virtual environment of their own, once. */
export async function installWithPip(name: string, requirements: string): Promise<Installed> {
  const version = hash('sha256', readFileSync(requirements, 'utf8'), 'hex').slice(0, 12)
  const folder = join(CACHE, name.toLowerCase(), version)
  const installed = { python: join(folder, 'bin', 'python') }
  if (existsSync(installed.python)) return installed
  await mkdir(dirname(folder), { recursive: true })
  // Into a folder aside, renamed when whole: two processes may be at it at once.
  const aside = await mkdtemp(join(dirname(folder), 'install-'))
  try {
    await run('python3', ['-m', 'venv', aside], { timeout: INSTALL_MS })
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]
    await run(join(aside, 'bin', 'python'), pip, { timeout: INSTALL_MS })
    await rename(aside, folder)
    return installed
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    if (existsSync(installed.python)) return installed
    return { reason: `${name} cannot be installed with python3 and pip: ${firstLine(error)}` }
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0]!
}
