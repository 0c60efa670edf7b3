import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const ROOT = join(import.meta.dirname, '..', '..', '..')
const OUTPUT = join(ROOT, '.serverless')
const PACKAGE_MS = 900_000

/**
 * The service as it is packaged: two templates and archives, none of which is changed before it is deployed.
 */
export type Packaged = {
  /** Template of the stack's first version: the bucket for the archives. */
  readonly create: string
  /** Template of everything. */
  readonly update: string
  /** Keys that the template reads from that bucket, with the files that belong there. */
  readonly archives: readonly { readonly key: string; readonly file: string }[]
}

/** Node 24 first, also for what is started by what is started. */
export const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter)

const packaged = new Map<string, Promise<Packaged>>()

/** `npx serverless package` for this machine's processor, without credentials; once in a process. */
export function packageService(stage: string): Promise<Packaged> {
  const made = packaged.get(stage) ?? packageAnew(stage)
  packaged.set(stage, made)
  return made
}

async function packageAnew(stage: string): Promise<Packaged> {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64'
  const command = ['package', '--stage', stage, '--param', `architecture=${architecture}`]
  await run(join(ROOT, 'node_modules', '.bin', 'serverless'), command, {
    cwd: ROOT,
    env: { ...withoutCredentials(), PATH },
    timeout: PACKAGE_MS,
  })
  const template = (name: string) =>
    readFileSync(join(OUTPUT, `cloudformation-template-${name}.json`), 'utf8')
  const update = template('update-stack')
  const keys = [...update.matchAll(/"S3Key": *"([^"]+)"/g)].map(([, key]) => key!)
  return {
    create: template('create-stack'),
    update,
    archives: [...new Set(keys)].map(key => ({ key, file: join(OUTPUT, key.split('/').at(-1)!) })),
  }
}

/**
 * The environment as it is (registries and certificates are set there), without anything that AWS's SDK
 * reads.
 */
function withoutCredentials(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')))
}
