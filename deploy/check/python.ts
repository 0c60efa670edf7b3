import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { type Installed, installWithPip } from './pip.ts'

const run = promisify(execFile)
const CHECK_MS = 300_000
const MAX_OUTPUT = 64 * 1024 * 1024

/** Installs the pinned checkers, once for each list of versions. */
export function installCheckers(): Promise<Installed> {
  return installWithPip('template-checkers', join(import.meta.dirname, 'requirements.txt'))
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
