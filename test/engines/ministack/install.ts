import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/ministack')
const DOWNLOAD_MS = 300_000

/** The Python that has the emulator, or why there is none. */
export type Installed = { readonly python: string } | { readonly reason: string }

/** Installs the pinned emulator with pip into a virtual environment, once. */
export async function installMinistack(): Promise<Installed> {
  const folder = join(CACHE, readFileSync(REQUIREMENTS, 'utf8').trim().replace('==', '-'))
  const installed = { python: join(folder, 'bin', 'python') }
  if (existsSync(installed.python)) return installed
  await mkdir(dirname(folder), { recursive: true })
  // Into a folder aside, renamed when whole: two test files may be at it at once.
  const aside = await mkdtemp(join(dirname(folder), 'install-'))
  try {
    await run('python3', ['-m', 'venv', aside], { timeout: DOWNLOAD_MS })
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]
    await run(join(aside, 'bin', 'python'), pip, { timeout: DOWNLOAD_MS })
    await rename(aside, folder)
    return installed
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    if (existsSync(installed.python)) return installed
    return { reason: `MiniStack cannot be installed with python3 and pip: ${firstLine(error)}` }
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0]!
}
