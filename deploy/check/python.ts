import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/template-checkers')
const INSTALL_MS = 600_000
const CHECK_MS = 300_000
const MAX_OUTPUT = 64 * 1024 * 1024

/** The Python that has the checkers, or why there is none. */
export type Checkers = { readonly python: string } | { readonly reason: string }

/** Installs the pinned checkers with pip into a virtual environment, once for each list of versions. */
export async function installCheckers(): Promise<Checkers> {
  const versions = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex')
  const folder = join(CACHE, versions.slice(0, 12))
  const installed = { python: join(folder, 'bin', 'python') }
  if (existsSync(installed.python)) return installed
  await mkdir(CACHE, { recursive: true })
  // Into a folder aside, renamed when whole: two processes may be at it at once.
  const aside = await mkdtemp(join(CACHE, 'install-'))
  try {
    await run('python3', ['-m', 'venv', aside], { timeout: INSTALL_MS })
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]
    await run(join(aside, 'bin', 'python'), pip, { timeout: INSTALL_MS })
    await rename(aside, folder)
    return installed
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    if (existsSync(installed.python)) return installed
    return { reason: `cfn-lint and checkov cannot be installed with python3 and pip: ${firstLine(error)}` }
  }
}

/** What the checkers' Python prints. Its exit code tells of findings, which the output has too. */
export async function outputOf(python: string, options: readonly string[]): Promise<string> {
  const settings = {
    timeout: CHECK_MS,
    maxBuffer: MAX_OUTPUT,
    env: { ...process.env, LOG_LEVEL: 'CRITICAL' },
  }
  try {
    return (await run(python, [...options], settings)).stdout
  } catch (error) {
    const { stdout = '', killed = false } = error as { stdout?: string; killed?: boolean }
    if (killed || stdout === '') throw error
    return stdout
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0]!
}
