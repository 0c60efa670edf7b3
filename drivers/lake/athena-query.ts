import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import { TributaryError } from '../../core/errors.ts'
import { retrying, type TimeLeft, timeLeftOf } from '../aws/retry.ts'
import { queryError } from './athena-errors.ts'

/** A workgroup and how its queries run. */
export type AthenaWorkgroup = {
  /** With `maxAttempts: 1`: the driver repeats what failed. */
  readonly client: AthenaClient
  /** Enforces where results go, how they are encrypted, and how many bytes a query may scan. */
  readonly workgroup: string
  /** Glue database of the lake's tables. */
  readonly database: string
  /** Longest query with its wait in the queue, ms (1,800,000: Athena's own limit for DML). */
  readonly queryTimeoutMs?: number
  /** ms until the caller is ended: a query is stopped before. */
  readonly remainingMs?: TimeLeft
  /** Pauses between looks at a query, ms: the first, and the longest (250 and 5,000). */
  readonly pollMs?: readonly [number, number]
}

const TIMEOUT_MS = 1_800_000
const POLL_MS = [250, 5_000] as const
const POLL_GROWTH = 1.5
/** Time left for stopping a query and answering. */
const RESERVE_MS = 5_000
/** One API call with its repetitions. */
const CALL_MS = 30_000
/** Athena takes this much SQL (service quotas). */
const MAX_SQL_BYTES = 262_144

/**
 * Runs a query to its end; answers how it went.
 *
 * @throws TributaryError `timeout`, after the query was stopped; `too_large` beyond the workgroup's limit of bytes, Athena's
 * resources or its longest statement; `overloaded`, `unavailable`, `storage_failed`, `corrupt_data`; `internal` for SQL that is wrong
 */
export async function runQuery(athena: AthenaWorkgroup, sql: string): Promise<QueryExecution> {
  if (Buffer.byteLength(sql) > MAX_SQL_BYTES)
    throw new TributaryError('too_large', `lake: a statement exceeds Athena's ${MAX_SQL_BYTES} bytes of SQL`)
  const timeLeft = queryTime(athena)
  const id = await start(athena, sql, timeLeft)
  const execution = await ended(athena, id, timeLeft)
  if (execution.Status?.State === 'SUCCEEDED') return execution
  throw queryError(execution.Status ?? {}, id)
}

function queryTime({ queryTimeoutMs = TIMEOUT_MS, remainingMs }: AthenaWorkgroup): TimeLeft {
  const own = timeLeftOf(queryTimeoutMs)
  return remainingMs === undefined ? own : () => Math.min(own(), remainingMs() - RESERVE_MS)
}

/** Makes one API call, and again while its failure passes. */
export function athenaCall<T>(
  what: string,
  timeLeft: TimeLeft,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const callTime = timeLeftOf(CALL_MS)
  return retrying(call, { what, timeLeft: () => Math.min(callTime(), timeLeft()) })
}

async function start(athena: AthenaWorkgroup, sql: string, timeLeft: TimeLeft): Promise<string> {
  const { client, workgroup, database } = athena
  const command = new StartQueryExecutionCommand({
    QueryString: sql,
    WorkGroup: workgroup,
    QueryExecutionContext: { Database: database },
    // The same for every repetition: a start whose answer was lost does not start a second query.
    ClientRequestToken: randomUUID(),
  })
  const { QueryExecutionId } = await athenaCall(
    `start a query in workgroup ${workgroup}`,
    timeLeft,
    abortSignal => client.send(command, { abortSignal }),
  )
  return QueryExecutionId!
}

async function ended(athena: AthenaWorkgroup, id: string, timeLeft: TimeLeft): Promise<QueryExecution> {
  const { client, pollMs: [first, longest] = POLL_MS } = athena
  const command = new GetQueryExecutionCommand({ QueryExecutionId: id })
  try {
    for (let pause: number = first; ; pause = Math.min(longest, pause * POLL_GROWTH)) {
      const { QueryExecution } = await athenaCall(`look at query ${id}`, timeLeft, abortSignal =>
        client.send(command, { abortSignal }),
      )
      const state = QueryExecution?.Status?.State
      if (state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED') return QueryExecution!
      if (timeLeft() < pause) throw new TributaryError('timeout', `lake: Athena query ${id} took too long`)
      await sleep(pause * (0.75 + Math.random() / 2))
    }
  } catch (error) {
    await stop(athena, id)
    throw error
  }
}

/** A query that nobody waits for would be paid for to its end. The failure that led here is the one to report. */
async function stop({ client }: AthenaWorkgroup, id: string): Promise<void> {
  const command = new StopQueryExecutionCommand({ QueryExecutionId: id })
  const call = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
  await athenaCall(`stop query ${id}`, timeLeftOf(RESERVE_MS - 1_000), call).catch(() => undefined)
}
