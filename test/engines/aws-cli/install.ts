import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { installWithPip } from '../../../deploy/check/pip.ts'

/** The folder that has AWS's own command line, or why there is none. */
export type AwsCli = { readonly bin: string } | { readonly reason: string }

/** Installs AWS's command line (Apache-2.0), the version that PyPI has. */
export async function installAwsCli(): Promise<AwsCli> {
  const installed = await installWithPip('aws-cli', join(import.meta.dirname, 'requirements.txt'))
  if ('reason' in installed) return installed
  const bin = join(dirname(dirname(installed.python)), 'commands')
  await mkdir(bin, { recursive: true })
  // Scripts of a virtual environment name the folder in which it was made.
  const command = '#!/bin/sh\nexec "$(dirname "$0")/../bin/python" -m awscli "$@"\n'
  await writeFile(join(bin, 'aws'), command, { mode: 0o755 })
  return { bin }
}
