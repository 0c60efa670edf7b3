import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fromMaven, pythonWith } from '../downloads.ts'

const exec = promisify(execFile)

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

/** The Python that has them, pyspark too. */
export function readersPython(): Promise<string> {
  return pythonWith('iceberg-readers', join(import.meta.dirname, 'requirements.txt'))
}

/** @throws where an engine cannot be had, saying which */
export async function installEngines(): Promise<Engines> {
  const python = await readersPython()
  return {
    jars: await Promise.all(JARS.map(fromMaven)),
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

/** Blocks of a language in a section of docs/read-the-lake.md, in order. */
export function blocksOf(heading: string, language: string): readonly string[] {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/read-the-lake.md'), 'utf8')
  const section = page.split(/^##+ /m).find(each => each.startsWith(heading)) ?? ''
  return [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, named]) => named === language)
    .map(([, , block]) => block!)
}
