import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** Where what was downloaded is kept from run to run: `~/.cache/tributary`, or beside `XDG_CACHE_HOME`. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tributary')

const DOWNLOAD_MS = 800_000

/** An artifact, `group:artifact:version[:packaging]`, by Maven's ordinary client; the file. */
export async function fromMaven(name: string): Promise<string> {
  const [, artifact, version, packaging = 'jar'] = name.split(':')
  const file = join(CACHE, `${artifact}-${version}.${packaging}`)
  await mkdir(CACHE, { recursive: true })
  if (!existsSync(file))
    await exec('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${name}`, `-DoutputDirectory=${CACHE}`], {
      timeout: DOWNLOAD_MS,
    })
  return file
}

/** A Python with the packages of a file of requirements, in a folder of the cache. */
export async function pythonWith(name: string, requirements: string): Promise<string> {
  const folder = join(CACHE, name)
  const python = join(folder, 'bin', 'python')
  await mkdir(CACHE, { recursive: true })
  if (!existsSync(python)) await exec('python3', ['-m', 'venv', folder])
  await exec(python, ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', requirements], {
    timeout: DOWNLOAD_MS,
  })
  return python
}

/** What work gives, or why it cannot be had here, said once. */
export async function orReason<T>(what: string, work: () => Promise<T>): Promise<T | { reason: string }> {
  try {
    return await work()
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split('\n', 1)
    const reason = `${what} cannot be had here: ${line}`
    process.stderr.write(`${reason}\n`)
    return { reason }
  }
}
