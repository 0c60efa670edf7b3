import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const POM = join(import.meta.dirname, 'pom.xml')
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/dynamodb-local')
/** Some 50 MB from Maven Central. */
const DOWNLOAD_MS = 300_000

/** The folder of the emulator's jars, or why there is none. */
export type Installed = { readonly folder: string } | { readonly reason: string }

/** Copies the emulator and what it needs from Maven Central, once. */
export async function installDynamodbLocal(): Promise<Installed> {
  const noJava = await absent('java', ['-version'])
  if (noJava !== undefined) return { reason: noJava }
  const folder = join(CACHE, versionOf(readFileSync(POM, 'utf8')))
  if (existsSync(folder)) return { folder }
  const noMaven = await absent('mvn', ['--version'])
  if (noMaven !== undefined) return { reason: noMaven }
  return download(folder)
}

/** Into a folder aside, renamed when whole: two test files may be at it at once. */
async function download(folder: string): Promise<Installed> {
  await mkdir(dirname(folder), { recursive: true })
  const aside = await mkdtemp(join(dirname(folder), 'download-'))
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${aside}`]
  try {
    await run('mvn', ['-q', '-B', '-f', POM, ...goal], { timeout: DOWNLOAD_MS })
    await rename(aside, folder)
    return { folder }
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    if (existsSync(folder)) return { folder }
    return { reason: `DynamoDBLocal cannot be had from Maven Central: ${firstLine(error)}` }
  }
}

async function absent(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    await run(command, [...args], { timeout: 30_000 })
    return undefined
  } catch (error) {
    return `DynamoDBLocal needs "${command}", which does not run here: ${firstLine(error)}`
  }
}

function versionOf(pom: string): string {
  return /<artifactId>DynamoDBLocal<\/artifactId>\s*<version>([^<]+)</.exec(pom)![1]!
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0]!
}
