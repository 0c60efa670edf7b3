import { mkdir, writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { TributaryError } from '../../../core/errors.ts'
import { openJudge, openReader } from './locked-engine.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { resultOf } from './result.ts'

/**
 * The process of one statement (query-process.ts starts it, and ends it): judges the statement, is told what
 * the tables are that it names, opens those and locks the engine, and answers.
 */

/** How often its memory is looked at, ms. */
const LOOK_MS = 50

setPriority(19)
// Where memory ends all the same, Linux is to end this process and none of the platform's. Other systems
// have no such file.
await writeFile('/proc/self/oom_score_adj', '1000').catch(() => undefined)

process.once('disconnect', () => process.exit(0))
const tell = (message: FromWorker) => new Promise<void>(resolve => process.send!(message, () => resolve()))
const told = () => new Promise<ToWorker>(resolve => process.once('message', resolve))

try {
  await answer()
} catch (error) {
  await tell({ kind: 'failed', ...failureOf(error) })
}
process.disconnect()

async function answer(): Promise<void> {
  const task = await told()
  if (task.kind !== 'task') throw new Error('the task comes first')
  const { sql, limits, scratch, format } = task
  const timer = setInterval(() => {
    if (process.memoryUsage.rss() > limits.rss) void tell(TOO_MUCH).then(() => process.exit(1))
  }, LOOK_MS)
  const judge = await openJudge()
  const names = await judge.judge(sql)
  judge.close()
  const answered = told()
  await tell({ kind: 'names', tables: names })
  const opened = await answered
  if (opened.kind !== 'tables') throw new Error('the tables come second')
  await mkdir(scratch, { recursive: true })
  const connection = await openReader(opened.tables, limits)
  await tell({ kind: 'result', ...(await resultOf(connection, { sql, format, limits, scratch })) })
  clearInterval(timer)
}

const TOO_MUCH: FromWorker = {
  kind: 'failed',
  code: 'too_large',
  detail: 'the statement takes too much memory; read less, or group before you join',
}

/** What is wrong with the statement is the caller's; the rest is ours. */
function failureOf(error: unknown): Pick<FromWorker & { kind: 'failed' }, 'code' | 'detail'> {
  if (error instanceof TributaryError) return { code: error.code, detail: error.message }
  const message = error instanceof Error ? error.message : String(error)
  const detail = message.slice(0, 2000)
  if (/^Out of Memory/i.test(message)) return { code: 'too_large', detail }
  if (/^IO Error/i.test(message)) return { code: 'storage_failed', detail }
  return { code: /^[A-Z][\w ]+ Error: /.test(message) ? 'bad_request' : 'internal', detail }
}
