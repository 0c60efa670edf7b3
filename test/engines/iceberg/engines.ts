import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** Where what was downloaded is kept from run to run. */
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tributary')

/** What Spark needs besides itself, as docs/read-the-lake.md names it. */
export const JARS = [
  'org.apache.iceberg:iceberg-spark-runtime-4.0_2.13:1.10.0',
  'org.postgresql:postgresql:42.7.7',
] as const

/** A Python with the readers of tables; Maven's ordinary client brings Spark's packages. */
export type Engines = {
  readonly jars: readonly string[]
  /** Runs a script with its input and answers the last line it prints, read as JSON. */
  run<T>(script: string, args: readonly string[], input: string): Promise<T>
}

/** @throws where an engine cannot be had, saying which */
export async function installEngines(): Promise<Engines> {
  const folder = join(CACHE, 'iceberg-readers')
  const python = join(folder, 'bin', 'python')
  const requirements = join(import.meta.dirname, 'requirements.txt')
  await mkdir(CACHE, { recursive: true })
  if (!existsSync(python)) await exec('python3', ['-m', 'venv', folder])
  await exec(python, ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', requirements], {
    timeout: 600_000,
  })
  return {
    jars: await Promise.all(JARS.map(jar)),
    async run(script, args, input) {
      const run = exec(python, [join(import.meta.dirname, script), ...args], {
        env: { ...process.env, TZ: 'UTC', SPARK_LOCAL_IP: '127.0.0.1', PYTHONWARNINGS: 'ignore' },
        timeout: 280_000,
        maxBuffer: 64e6,
      })
      run.child.stdin!.end(input)
      return JSON.parse((await run).stdout.trim().split('\n').at(-1)!)
    },
  }
}

async function jar(name: string): Promise<string> {
  const [, artifact, version] = name.split(':')
  const file = join(CACHE, `${artifact}-${version}.jar`)
  if (!existsSync(file))
    await exec('mvn', ['-q', 'dependency:copy', `-Dartifact=${name}`, `-DoutputDirectory=${CACHE}`], {
      timeout: 500_000,
    })
  return file
}

/** Blocks of a language in a section of docs/read-the-lake.md, in order. */
export function blocksOf(heading: string, language: string): readonly string[] {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/read-the-lake.md'), 'utf8')
  const section = page.split(/^##+ /m).find(each => each.startsWith(heading)) ?? ''
  return [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, named]) => named === language)
    .map(([, , block]) => block!)
}
