import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type ErrorCode, TributaryError } from '../../../core/errors.ts'
import type { ResultFormat, RunStatement, Statement } from '../../../core/statements/statement.ts'
import type { FromWorker, QueryLimits, ToWorker, WorkerResult } from './messages.ts'

export type QueryProcessSettings = {
  /** Folder for what statements make; each has one of its own in it, for as long as it runs. */
  readonly scratch: string
  /** Longest time of a statement, ms. */
  readonly timeMs: number
  readonly limits: Readonly<Record<ResultFormat, QueryLimits>>
}

const WORKER = join(import.meta.dirname, 'query-worker.ts')

/**
 * Runs statements of people, each in a process of its own: it can be ended at any moment, takes no memory
 * of the platform's, knows nothing of its environment, and yields the processors to it.
 *
 * @throws (the function) TributaryError `bad_request`, `too_large`, `timeout`, `conflict` where it was
 * cancelled, `storage_failed`
 */
export function createQueryProcess({ scratch, timeMs, limits }: QueryProcessSettings): RunStatement {
  return async ({ sql, format, open, signal }) => {
    const folder = join(scratch, `query-${randomUUID()}`)
    const child = start(limits[format])
    const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
    try {
      const task: ToWorker = { kind: 'task', sql, format, limits: limits[format], scratch: folder }
      const result = await conversation(child, task, open, { timeMs, signal })
      const file = result.file === undefined ? undefined : await readFile(result.file)
      return { ...result, file }
    } finally {
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** What Node and its threads reserve, and hardly use, bytes. */
const RESERVED = 700e6

/** A shell sets what no process may set for itself after it has begun, and then is the process. */
function start({ rss }: QueryLimits): ChildProcess {
  const limited = `ulimit -d ${Math.floor((rss + RESERVED) / 1024)}; exec "$@"`
  return spawn('/bin/sh', ['-c', limited, 'sh', process.execPath, WORKER], {
    ...{ env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
  })
}

type Ends = { readonly timeMs: number; readonly signal: AbortSignal }

function conversation(
  child: ChildProcess,
  task: ToWorker,
  open: Statement['open'],
  { timeMs, signal }: Ends,
): Promise<WorkerResult> {
  const { promise, resolve, reject } = Promise.withResolvers<WorkerResult>()
  const fail = (code: ErrorCode, detail: string, cause?: unknown) =>
    reject(new TributaryError(code, detail, { cause }))
  const timer = setTimeout(
    () => fail('too_large', `the statement took over ${timeMs / 1000} s; read less, or add LIMIT`),
    timeMs,
  )
  const cancelled = () => fail('conflict', 'the statement was cancelled')
  signal.addEventListener('abort', cancelled, { once: true })
  if (signal.aborted) cancelled()
  const isGone = (cause: unknown) => fail('unavailable', 'the process of the statement is gone', cause)
  const send = (message: ToWorker) =>
    child.send(message, error => {
      if (error !== null) isGone(error)
    })
  child.on('error', isGone)
  child.once('exit', () => fail('bad_request', 'the engine could not go on with the statement'))
  child.on('message', (message: FromWorker) => {
    if (message.kind === 'result') resolve(message)
    else if (message.kind === 'failed') fail(message.code, message.detail)
    else void open(message.tables).then(tables => send({ kind: 'tables', tables }), reject)
  })
  send(task)
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', cancelled)
  })
}
