import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/aws-cli')
const DOWNLOAD_MS = 300_000

/** The folder that has AWS's own command line, or why there is none. */
export type AwsCli = { readonly bin: string } | { readonly reason: string }

/** Installs AWS's command line (Apache-2.0), the version that PyPI has, into a virtual environment, once. */
export async function installAwsCli(): Promise<AwsCli> {
  const folder = join(CACHE, readFileSync(REQUIREMENTS, 'utf8').trim().replace('==', '-'))
  const installed = { bin: join(folder, 'commands') }
  if (existsSync(installed.bin)) return installed
  await mkdir(dirname(folder), { recursive: true })
  const aside = await mkdtemp(join(dirname(folder), 'install-'))
  try {
    await run('python3', ['-m', 'venv', aside], { timeout: DOWNLOAD_MS })
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]
    await run(join(aside, 'bin', 'python'), pip, { timeout: DOWNLOAD_MS })
    // Scripts of a virtual environment name the folder in which it was made.
    await mkdir(join(aside, 'commands'))
    const command = '#!/bin/sh\nexec "$(dirname "$0")/../bin/python" -m awscli "$@"\n'
    await writeFile(join(aside, 'commands', 'aws'), command, { mode: 0o755 })
    await rename(aside, folder)
    return installed
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    if (existsSync(installed.bin)) return installed
    return { reason: `aws cannot be installed with python3 and pip: ${String(error).split('\n', 1)[0]!}` }
  }
}
