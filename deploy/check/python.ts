import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/template-checkers')
const INSTALL_MS = 600_000
const CHECK_MS = 300_000
const MAX_OUTPUT = 64 * 1024 * 1024

/** The folder of the checkers' programs, or why there is none. */
export type Checkers = { readonly programs: string } | { readonly reason: string }

/** Installs the pinned checkers with pip into a virtual environment, once for each list of versions. */
export async function installCheckers(): Promise<Checkers> {
  const versions = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex')
    .slice(0, 12)
  const folder = join(CACHE, versions)
  const ready = join(folder, 'ready')
  const programs = join(folder, 'bin')
  if (existsSync(ready)) return { programs }
  await mkdir(dirname(folder), { recursive: true })
  try {
    await rm(folder, { recursive: true, force: true })
    // Scripts name their interpreter by its path, so they cannot be moved: the mark that all is there comes last.
    await run('python3', ['-m', 'venv', folder], { timeout: INSTALL_MS })
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]
    await run(join(programs, 'python'), pip, { timeout: INSTALL_MS })
    const mark = await mkdtemp(join(folder, 'mark-'))
    await rename(mark, ready)
    return { programs }
  } catch (error) {
    return { reason: `cfn-lint and checkov cannot be installed with python3 and pip: ${firstLine(error)}` }
  }
}

/** What a checker printed. Its exit code tells of findings, which the output has too. */
export async function outputOf(program: string, options: readonly string[]): Promise<string> {
  const settings = {
    timeout: CHECK_MS,
    maxBuffer: MAX_OUTPUT,
    env: { ...process.env, LOG_LEVEL: 'CRITICAL' },
  }
  try {
    return (await run(program, [...options], settings)).stdout
  } catch (error) {
    const { stdout = '', killed = false } = error as { stdout?: string; killed?: boolean }
    if (killed || stdout === '') throw error
    return stdout
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0]!
}
