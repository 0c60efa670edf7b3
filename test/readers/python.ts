import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** What a reader makes of a folder of curated data (look.py). */
export type Seen = {
  /** Types of the columns, as the reader calls them. */
  readonly types: Readonly<Record<string, string>>
  /** Rows by epoch, as ISO text. */
  readonly epochs: Readonly<Record<string, number>>
  /** Rows by the field `type`. */
  readonly kinds: Readonly<Record<string, number>>
  /** Values of one row that has all. */
  readonly one: Readonly<Record<string, string>>
  /** Rows with the field `later`. */
  readonly later: number
}

/** Readers of Parquet in a Python of their own, or why there are none. */
export type Readers =
  | { readonly missing: string }
  | {
      /** Why there is no Spark. */
      readonly noSpark: string | undefined
      read(reader: string, block: string, folder: string): Promise<Seen>
    }

/** Installs the readers into a folder, from wherever pip gets its packages. */
export async function installReaders(folder: string): Promise<Readers> {
  const python = join(folder, 'bin', 'python')
  const noSpark = await failureOf(() => exec('java', ['-version']))
  const packages = [
    '-r',
    join(import.meta.dirname, 'requirements.txt'),
    ...(noSpark === undefined ? ['pyspark'] : []),
  ]
  const pip = [
    '-m',
    'pip',
    'install',
    '-q',
    '--disable-pip-version-check',
    '--retries',
    '1',
    '--timeout',
    '10',
  ]
  const missing = await failureOf(async () => {
    await exec('python3', ['-m', 'venv', folder])
    await exec(python, [...pip, ...packages], { timeout: 120_000 })
  })
  if (missing !== undefined) return { missing: `pip installs no readers here: ${missing}` }
  return {
    noSpark: noSpark === undefined ? undefined : `Spark needs Java: ${noSpark}`,
    async read(reader, block, data) {
      const run = exec(python, [join(import.meta.dirname, 'look.py'), reader, data], {
        env: { ...process.env, TZ: 'UTC', SPARK_LOCAL_IP: '127.0.0.1' },
        timeout: 90_000,
      })
      run.child.stdin!.end(block)
      return JSON.parse((await run).stdout.trim().split('\n').at(-1)!) as Seen
    },
  }
}

async function failureOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    return String((error as Error).message)
      .trim()
      .split('\n')
      .at(-1)
  }
}

/** The blocks of the page, by heading of their section and the reader that the line before begins with. */
export function blocksOfPage(): ReadonlyMap<string, string> {
  const page = readFileSync(join(import.meta.dirname, '../../docs/read-the-lake.md'), 'utf8')
  const [plain, ...rest] = page.split(/^## /m)
  const grown = rest.find(section => section.startsWith('When a contract has grown'))!
  const blocksIn = (section: string, prefix: string) =>
    [...section.matchAll(/^(\w+)[^\n]*:\n\n```python\n(.*?)^```$/gms)].map(
      ([, reader, block]) => [`${prefix}${reader!.toLowerCase()}`, block!] as const,
    )
  return new Map([...blocksIn(plain!, ''), ...blocksIn(grown, 'grown ')])
}
