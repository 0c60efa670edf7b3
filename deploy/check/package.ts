import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')
const PACKAGE_MS = 300_000
const MAX_OUTPUT = 16 * 1024 * 1024

/**
 * Packages a stage as `npx serverless package` does, with nothing in the environment that could be a credential.
 *
 * @returns the template that a deployment would send
 */
export async function packageStage(stage: string, folder: string): Promise<string> {
  const framework = join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js')
  await run(process.execPath, [framework, 'package', '--stage', stage, '--package', folder], {
    cwd: ROOT,
    timeout: PACKAGE_MS,
    maxBuffer: MAX_OUTPUT,
    env: withoutCredentials(process.env),
  })
  return join(folder, 'cloudformation-template-update-stack.json')
}

function withoutCredentials(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !/^(AWS|SERVERLESS|SLS)_/.test(name))
  return {
    ...Object.fromEntries(kept),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  }
}
