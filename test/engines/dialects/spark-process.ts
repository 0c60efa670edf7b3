import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A Spark of one thread, that runs statements one after the other. */
export type Spark = {
  rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  stop(): Promise<void>
}

type Answer = {
  readonly error?: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

const STATEMENT_MS = 250_000

/** Starts it under a Python that has pyspark. */
export function startSpark(python: string): Spark {
  const server = spawn(python, [join(import.meta.dirname, 'spark.py')], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, SPARK_LOCAL_IP: '127.0.0.1' },
  })
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]()
  const ended = new Promise<void>(done => server.once('close', () => done()))
  return {
    async rows(sql) {
      const late = setTimeout(() => server.kill('SIGKILL'), STATEMENT_MS)
      server.stdin.write(`${JSON.stringify(sql)}\n`)
      const { value, done } = await lines.next()
      clearTimeout(late)
      if (done) throw new Error('Spark ended, or took too long')
      const { error, columns, rows } = JSON.parse(value) as Answer
      if (error !== undefined) throw new Error(error)
      return rows.map(row => Object.fromEntries(row.map((each, i) => [columns[i]!, each])))
    },
    async stop() {
      server.stdin.end()
      const late = setTimeout(() => server.kill('SIGKILL'), 20_000)
      await ended
      clearTimeout(late)
    },
  }
}
