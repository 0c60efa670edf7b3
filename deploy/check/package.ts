import { execFile } from 'node:child_process'
import { copyFile, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')
const PACKAGE_MS = 300_000
const MAX_OUTPUT = 16 * 1024 * 1024

const TEMPLATE = 'cloudformation-template-update-stack.json'
const BUILD_PLUGIN = './deploy/build-plugin.mjs'

/** An archive of nothing: the record that ends every ZIP file. */
const EMPTY_ZIP = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)])

/**
 * Packages a stage as `npx serverless package` does, bundles and all, with nothing in the environment that
 * could be a credential.
 *
 * @returns the template that a deployment would send
 */
export async function packageStage(
  stage: string,
  folder: string,
  options: readonly string[] = [],
): Promise<string> {
  await serverless(ROOT, ['--stage', stage, '--package', folder, ...options])
  return join(folder, TEMPLATE)
}

/**
 * The template alone, from a folder beside the project: no bundle is built, so nothing is written that
 * another packaging may be reading. It differs from the whole package in the names of archives only.
 */
export async function packageTemplate(
  stage: string,
  folder: string,
  options: readonly string[] = [],
): Promise<string> {
  const links = ['deploy', 'node_modules', 'resources', 'state-machines', 'package.json']
  await Promise.all(links.map(name => symlink(join(ROOT, name), join(folder, name))))
  await copyFile(join(import.meta.dirname, 'no-bundles.mjs'), join(folder, 'no-bundles.mjs'))
  await writeFile(join(folder, 'empty.zip'), EMPTY_ZIP)
  const service = await readFile(join(ROOT, 'serverless.yml'), 'utf8')
  if (!service.includes(BUILD_PLUGIN)) throw new Error(`serverless.yml does not name ${BUILD_PLUGIN}`)
  await writeFile(join(folder, 'serverless.yml'), service.replace(BUILD_PLUGIN, './no-bundles.mjs'))
  await serverless(folder, ['--stage', stage, ...options])
  return join(folder, '.serverless', TEMPLATE)
}

async function serverless(cwd: string, options: readonly string[]): Promise<void> {
  const framework = join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js')
  await run(process.execPath, [framework, 'package', ...options], {
    cwd,
    timeout: PACKAGE_MS,
    maxBuffer: MAX_OUTPUT,
    env: withoutCredentials(process.env),
  })
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
