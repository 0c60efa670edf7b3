import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type GetQueryResultsCommandOutput,
  type QueryExecution,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import { TributaryError } from '../../../core/errors.ts'
import { retrying, timeLeftOf } from '../../aws/retry.ts'
import { queryCancelled, queryFailed, queryTooLate, queryTooLong } from './errors.ts'

/** A workgroup of Athena, and where its tables are. */
export type AthenaWorkgroup = {
  /** With `maxAttempts: 1`: the driver repeats what failed. */
  readonly client: AthenaClient
  readonly workgroup: string
  /** Database of the Glue catalog in which tables of a run are made, and dropped. */
  readonly database: string
  /** Where results are written, of a workgroup that does not say so itself. */
  readonly output?: string | undefined
  /** Longest query, ms (30 minutes, which is Athena's own limit). */
  readonly timeoutMs?: number
  /** Rows of a page of results (1000, the most there are). */
  readonly pageRows?: number
}

const QUERY_MS = 30 * 60_000
const CALL_MS = 60_000
const ATTEMPT_MS = 20_000
/** First and longest pause between two looks at a query. */
const LOOK_MS = { first: 100, longest: 3000 } as const
/** Bytes of a query string (Athena user guide, "Service quotas"). */
const MOST_BYTES = 262_144
const PAGE_ROWS = 1000
/** Results are lists of files; more than this is none. */
const MOST_PAGES = 1000

/**
 * Runs a query and resolves with its id when it has succeeded. Where it takes too long, or `signal` ends it,
 * it is stopped.
 *
 * @throws TributaryError naming the query's id: `timeout`, `unavailable`, or as `queryFailed` tells them
 */
export async function runQuery(
  workgroup: AthenaWorkgroup,
  sql: string,
  signal: AbortSignal,
): Promise<string> {
  if (Buffer.byteLength(sql) > MOST_BYTES) throw queryTooLong(Buffer.byteLength(sql), MOST_BYTES)
  const id = await start(workgroup, sql)
  try {
    await waitFor(workgroup, id, signal)
  } catch (error) {
    // Whatever ended the wait, no query goes on that nobody waits for. Why it ended is told, not this.
    await stop(workgroup, id).catch(() => {})
    throw error
  }
  return id
}

async function waitFor(workgroup: AthenaWorkgroup, id: string, signal: AbortSignal): Promise<void> {
  const { timeoutMs = QUERY_MS } = workgroup
  const timeLeft = timeLeftOf(timeoutMs)
  for (let pause: number = LOOK_MS.first; ; pause = Math.min(2 * pause, LOOK_MS.longest)) {
    if (signal.aborted) throw queryCancelled(id)
    const { Status: status } = await look(workgroup, id)
    if (status?.State === 'SUCCEEDED') return
    if (status?.State === 'FAILED') throw queryFailed(id, status)
    if (status?.State === 'CANCELLED') throw queryCancelled(id)
    if (timeLeft() <= 0) throw queryTooLate(id, timeoutMs)
    // An end is seen above.
    await sleep(Math.min(pause, Math.max(1, timeLeft())), undefined, { signal }).catch(() => {})
  }
}

/** All rows of a small result, as texts; null is one that is not there. */
export async function resultsOf(
  workgroup: AthenaWorkgroup,
  id: string,
): Promise<readonly (readonly (string | null)[])[]> {
  const rows: (string | null)[][] = []
  let token: string | undefined
  for (let pages = 0; pages === 0 || token !== undefined; pages++) {
    if (pages === MOST_PAGES) throw new TributaryError('too_large', `Athena query ${id} has too many rows`)
    const page = await pageOf(workgroup, id, token)
    const texts = (page.ResultSet?.Rows ?? []).map(row =>
      (row.Data ?? []).map(value => value.VarCharValue ?? null),
    )
    // The first row of a SELECT has the names of its columns.
    rows.push(...(pages === 0 ? texts.slice(1) : texts))
    token = page.NextToken
  }
  return rows
}

/** The same query under one token is one query, however often the call is repeated. */
async function start(workgroup: AthenaWorkgroup, sql: string): Promise<string> {
  const command = new StartQueryExecutionCommand({
    QueryString: sql,
    ClientRequestToken: randomUUID(),
    QueryExecutionContext: { Database: workgroup.database },
    WorkGroup: workgroup.workgroup,
    ...(workgroup.output !== undefined && { ResultConfiguration: { OutputLocation: workgroup.output } }),
  })
  const { QueryExecutionId } = await call(`start a query in workgroup ${workgroup.workgroup}`, abortSignal =>
    workgroup.client.send(command, { abortSignal }),
  )
  if (QueryExecutionId !== undefined) return QueryExecutionId
  throw new TributaryError('unavailable', 'Athena gave no id for a query')
}

async function look({ client }: AthenaWorkgroup, id: string): Promise<QueryExecution> {
  const command = new GetQueryExecutionCommand({ QueryExecutionId: id })
  const found = await call(`look at Athena query ${id}`, abortSignal => client.send(command, { abortSignal }))
  return found.QueryExecution ?? {}
}

function pageOf(
  { client, pageRows = PAGE_ROWS }: AthenaWorkgroup,
  id: string,
  token: string | undefined,
): Promise<GetQueryResultsCommandOutput> {
  const command = new GetQueryResultsCommand({
    QueryExecutionId: id,
    MaxResults: pageRows,
    ...(token !== undefined && { NextToken: token }),
  })
  return call(`read the result of Athena query ${id}`, abortSignal => client.send(command, { abortSignal }))
}

/** Stops a query; one that has ended is left as it is. */
async function stop({ client }: AthenaWorkgroup, id: string): Promise<void> {
  const command = new StopQueryExecutionCommand({ QueryExecutionId: id })
  await call(`stop Athena query ${id}`, abortSignal => client.send(command, { abortSignal }))
}

function call<T>(what: string, send: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
  return retrying(send, { what, timeLeft: timeLeftOf(CALL_MS), attemptMs: ATTEMPT_MS })
}
