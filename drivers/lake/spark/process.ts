import { type ChildProcess, spawn } from 'node:child_process'
import { TributaryError } from '../../../core/errors.ts'
import { failureOf } from './failures.ts'

/** How Spark is started. */
export type SparkSql = {
  /** Master's URL, such as `local[2]`. */
  readonly master: string
  /** Program (`spark-sql`). */
  readonly program?: string
  /** Longest application, ms (two hours). */
  readonly timeoutMs?: number
}

const PROGRAM = 'spark-sql'
const TIMEOUT_MS = 2 * 3_600_000
/** A JVM on a machine that is busy. */
const VERSION_MS = 60_000
/** Heap of an application; Spark's own variable raises it. */
const MEMORY = '2g'
/** Of what Spark says, the end is kept. */
const SAID = 64 * 1024

const CONF = [
  'spark.sql.catalogImplementation=in-memory',
  'spark.sql.variable.substitute=false',
  'spark.ui.enabled=false',
  // Warnings of these come with every start.
  'spark.log.level=ERROR',
]

/**
 * Sees to it that Spark starts here: it is there, and finds a Java.
 *
 * @throws TributaryError `invalid_setting` with the reason and the remedy
 */
export async function requireSparkSql({ program = PROGRAM, master }: SparkSql): Promise<void> {
  const ended = await runProcess(program, ['--version'], { cwd: undefined, timeoutMs: VERSION_MS }).catch(
    (error: NodeJS.ErrnoException) => ({ code: 1, said: `${program}: ${error.code}`, isLate: false }),
  )
  if (ended.code === 0) return
  const said = ended.isLate ? `no answer in ${VERSION_MS} ms` : (ended.said.trim().split('\n').at(-1) ?? '')
  throw new TributaryError(
    'invalid_setting',
    `TRIBUTARY_SPARK "${master}" is set, and "${program} --version" fails (${said.slice(0, 200)}); install Spark 4 ` +
      '(pip install pyspark) and Java 17 or later, and have spark-sql in PATH, or leave TRIBUTARY_SPARK out',
  )
}

/** Nobody else on the network is let in. */
const LOCAL = ['spark.driver.bindAddress=127.0.0.1', 'spark.driver.host=127.0.0.1']

/** Runs a script in one application, and resolves when it is through. */
export async function startSparkSql(
  { program = PROGRAM, master, timeoutMs = TIMEOUT_MS }: SparkSql,
  script: string,
  cwd: string,
  signal: AbortSignal,
): Promise<void> {
  // It makes one even where no table is, beside a folder whose name has spaces: it wants an address.
  const warehouse = `spark.sql.warehouse.dir=file:${encodeURI(cwd)}/warehouse`
  const conf = [...CONF, warehouse, ...(master.startsWith('local') ? LOCAL : [])]
  const args = ['--master', master, ...conf.flatMap(each => ['--conf', each]), '-f', script]
  const ended = await runProcess(program, args, { cwd, timeoutMs, signal }).catch((cause: unknown) => {
    throw new TributaryError('unavailable', `${program} cannot be started`, { cause })
  })
  if (ended.code === 0) return
  if (ended.isLate) throw new TributaryError('timeout', `Spark took over ${timeoutMs} ms`)
  throw failureOf(ended.said)
}

type Ended = { readonly code: number; readonly said: string; readonly isLate: boolean }

/**
 * A shell that runs a program until the program ends or the shell's input does, which it does with this
 * process, however that ends: no Spark is left behind by `kill -9`.
 */
const UNTIL_INPUT_ENDS = [
  'exec 3<&0',
  '"$@" </dev/null 3<&- & child=$!',
  '(cat <&3 >/dev/null; kill -9 $child) 2>/dev/null & watch=$!',
  'wait $child; code=$?',
  'kill $watch',
  'exit $code',
].join('\n')

function runProcess(
  program: string,
  args: readonly string[],
  { cwd, timeoutMs, signal }: { cwd: string | undefined; timeoutMs: number; signal?: AbortSignal },
): Promise<Ended> {
  return new Promise((done, fail) => {
    const child = spawn('/bin/sh', ['-c', UNTIL_INPUT_ENDS, 'sh', program, ...args], {
      stdio: ['pipe', 'ignore', 'pipe'],
      cwd,
      env: { SPARK_DRIVER_MEMORY: MEMORY, ...process.env },
    })
    let isLate = false
    const end = () => child.stdin!.destroy()
    const timer = setTimeout(() => {
      isLate = true
      end()
    }, timeoutMs)
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted === true) end()
    const said = endOf(child)
    child.stdin!.on('error', () => {}) // it has ended, which `close` says
    child.once('error', fail)
    child.once('close', code => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      end()
      done({ code: code ?? 1, said: said(), isLate })
    })
  })
}

/** The end of what a process says of itself. */
function endOf({ stderr }: ChildProcess): () => string {
  let said = ''
  stderr!.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID)
  })
  return () => said
}
