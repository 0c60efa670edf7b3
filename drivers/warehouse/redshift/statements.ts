import { hash } from 'node:crypto'
import {
  BatchExecuteStatementCommand,
  CancelStatementCommand,
  DescribeStatementCommand,
  type DescribeStatementCommandOutput,
  GetStatementResultCommand,
  type GetStatementResultCommandOutput,
  type RedshiftDataClient,
} from '@aws-sdk/client-redshift-data'
import { TributaryError } from '../../../core/errors.ts'
import { awsError } from '../../aws/errors.ts'
import { retrying, timeLeftOf } from '../../aws/retry.ts'
import { statementAborted, statementError, statementForgotten } from './errors.ts'

/** A workgroup of Redshift Serverless, and who loads it. */
export type RedshiftWorkgroup = {
  /** With `maxAttempts: 1`: the driver repeats what failed. */
  readonly client: RedshiftDataClient
  readonly workgroup: string
  readonly database: string
  /** ARN or name of a secret with user and password; undefined: the user that IAM's identity has there. */
  readonly secret?: string | undefined
  /** One API call with its repetitions, ms (60,000). */
  readonly callMs?: number
}

/** How a statement goes. */
export type Outcome =
  | { readonly state: 'running' }
  | { readonly state: 'finished' }
  | { readonly state: 'failed'; readonly failure: TributaryError }

const CALL_MS = 60_000
/** Longer than the API waits for a statement to end. */
const ATTEMPT_MS = 25_000
/** StatementName ends at 500 characters (Data API reference). */
const MAX_NAME = 500

/**
 * Starts a batch, which is one transaction; answers its id. The same statements under the same name are one
 * batch, however often they are sent.
 */
export async function startBatch(
  workgroup: RedshiftWorkgroup,
  name: string,
  sqls: readonly string[],
): Promise<string> {
  const command = new BatchExecuteStatementCommand({
    WorkgroupName: workgroup.workgroup,
    Database: workgroup.database,
    ...(workgroup.secret !== undefined && { SecretArn: workgroup.secret }),
    Sqls: [...sqls],
    StatementName: `tributary ${name}`.slice(0, MAX_NAME),
    // 64 characters at most (Data API reference): a SHA-256 in hex.
    ClientToken: hash('sha256', JSON.stringify([name, sqls]), 'hex'),
  })
  const what = `start a statement in workgroup ${workgroup.workgroup}`
  const { Id } = await call(workgroup, what, abortSignal => workgroup.client.send(command, { abortSignal }))
  if (Id !== undefined) return Id
  throw new TributaryError('unavailable', 'warehouse: the Data API gave no id for a statement')
}

/** Looks how a batch goes; the API may wait up to so many seconds for its end. */
export async function outcomeOf(
  workgroup: RedshiftWorkgroup,
  id: string,
  waitSeconds: number,
): Promise<Outcome> {
  const wait = waitSeconds > 0 ? { WaitTimeSeconds: waitSeconds } : {}
  const command = new DescribeStatementCommand({ Id: id, ...wait })
  try {
    const described = await call(workgroup, `look at statement ${id}`, abortSignal =>
      workgroup.client.send(command, { abortSignal }),
    )
    return outcome(id, described)
  } catch (error) {
    if (!isForgotten(error)) throw error
    return { state: 'failed', failure: statementForgotten(id, error) }
  }
}

function outcome(
  id: string,
  { Status, Error: error, SubStatements = [] }: DescribeStatementCommandOutput,
): Outcome {
  if (Status === 'FINISHED') return { state: 'finished' }
  if (Status === 'ABORTED') return { state: 'failed', failure: statementAborted(id) }
  if (Status !== 'FAILED') return { state: 'running' }
  const failed = SubStatements.find(statement => statement.Status === 'FAILED')
  const text = failed?.Error ?? error ?? 'no reason given'
  return { state: 'failed', failure: statementError(id, text, failed?.QueryString ?? '') }
}

/** The rows of a statement of a batch (the first, 1), as texts. */
export async function rowsOf(
  workgroup: RedshiftWorkgroup,
  id: string,
  place = 1,
): Promise<readonly string[][]> {
  const rows: string[][] = []
  let token: string | undefined
  do {
    const command = new GetStatementResultCommand({
      Id: `${id}:${place}`,
      ...(token && { NextToken: token }),
    })
    const page: GetStatementResultCommandOutput = await call(
      workgroup,
      `read the result of statement ${id}`,
      abortSignal => workgroup.client.send(command, { abortSignal }),
    )
    for (const record of page.Records ?? [])
      rows.push(record.map(field => field.stringValue ?? String(field.longValue ?? '')))
    token = page.NextToken
  } while (token !== undefined)
  return rows
}

/** Cancels a batch; one that has ended is left as it is. */
export async function cancel(workgroup: RedshiftWorkgroup, id: string): Promise<void> {
  const command = new CancelStatementCommand({ Id: id })
  try {
    await call(workgroup, `cancel statement ${id}`, abortSignal =>
      workgroup.client.send(command, { abortSignal }),
    )
  } catch (error) {
    if (!isForgotten(error) && !isNamed(error, 'ValidationException')) throw error
  }
}

function call<T>(
  { callMs = CALL_MS }: RedshiftWorkgroup,
  what: string,
  send: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  return retrying(send, { what, timeLeft: timeLeftOf(callMs), attemptMs: ATTEMPT_MS }).catch(error => {
    throw awsError(error, what)
  })
}

const isForgotten = (error: unknown) => isNamed(error, 'ResourceNotFoundException')

function isNamed(error: unknown, name: string): boolean {
  return error instanceof TributaryError && error.cause instanceof Error && error.cause.name === name
}
