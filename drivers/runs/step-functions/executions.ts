import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  type ExecutionStatus,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  type SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import type { Run } from '../../../core/ports/runs.ts'
import { retrying, type TimeLeft, timeLeftOf } from '../../aws/retry.ts'

export type Executions = {
  readonly client: SFNClient
  /** Patience with one call and its repetitions, ms. */
  readonly timeoutMs: number
}

/** States shown of a long run: the beginning and the end say more than the middle. */
const FIRST_STATES = 50
const LAST_STATES = 450
/** A page has 1,000 events at most, and a history ends at 25,000 (AWS Step Functions quotas). */
const HISTORY_PAGES = 25

/** The ARN of an execution of a machine: `…:stateMachine:name` → `…:execution:name:run`. */
export function executionArn(machineArn: string, run: string): string {
  return `${machineArn.replace(':stateMachine:', ':execution:')}:${run}`
}

/**
 * What Step Functions knows of an execution; undefined where it knows none. It forgets them 90 days after
 * their end.
 */
export async function describeExecution(
  { client, timeoutMs }: Executions,
  arn: string,
): Promise<DescribeExecutionCommandOutput | undefined> {
  const command = new DescribeExecutionCommand({ executionArn: arn })
  return calling(timeoutMs, 'describe an execution', async abortSignal => {
    try {
      return await client.send(command, { abortSignal })
    } catch (error) {
      if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return undefined
      throw error
    }
  })
}

/** Asks whether an execution goes on: what the lock wants to know of its holder. */
export function executionGoesOn(options: { readonly client: SFNClient; readonly timeoutMs?: number }) {
  const executions = { timeoutMs: 10_000, ...options }
  return async (arn: string): Promise<boolean> => {
    const found = await describeExecution(executions, arn)
    return found !== undefined && statusOf(found.status) === 'running'
  }
}

/** The newest executions of a machine, without what only `describeExecution` tells. */
export async function listExecutions(
  { client, timeoutMs }: Executions,
  machine: string,
  arn: string,
  limit: number,
): Promise<readonly Run[]> {
  const command = new ListExecutionsCommand({ stateMachineArn: arn, maxResults: limit })
  const page = await calling(timeoutMs, `list executions of machine ${machine}`, abortSignal =>
    client.send(command, { abortSignal }),
  )
  return (page.executions ?? []).map(({ name = '', status, startDate, stopDate }) => ({
    id: name,
    machine,
    input: {},
    status: statusOf(status),
    startedAt: startDate?.getTime() ?? 0,
    ...(stopDate !== undefined && { endedAt: stopDate.getTime() }),
    states: [],
    report: {},
  }))
}

/** The states an execution entered, its first 50 and its last 450. */
export async function statesOfHistory(
  { client, timeoutMs }: Executions,
  arn: string,
): Promise<Run['states']> {
  const first: Run['states'][number][] = []
  let last: Run['states'][number][] = []
  let nextToken: string | undefined
  for (let page = 0; page < HISTORY_PAGES; page++) {
    const command = new GetExecutionHistoryCommand({
      executionArn: arn,
      maxResults: 1000,
      includeExecutionData: false,
      ...(nextToken !== undefined && { nextToken }),
    })
    const answer = await calling(timeoutMs, 'read the history of an execution', abortSignal =>
      client.send(command, { abortSignal }),
    )
    for (const { stateEnteredEventDetails, timestamp } of answer.events ?? []) {
      if (stateEnteredEventDetails?.name === undefined) continue
      const state = { name: stateEnteredEventDetails.name, enteredAt: timestamp?.getTime() ?? 0 }
      if (first.length < FIRST_STATES) first.push(state)
      else last.push(state)
    }
    last = last.slice(-LAST_STATES)
    nextToken = answer.nextToken
    if (nextToken === undefined) break
  }
  return [...first, ...last]
}

/** A status as runs have it. A run that may be redriven has ended until somebody does so. */
export function statusOf(status: ExecutionStatus | undefined): Run['status'] {
  if (status === 'RUNNING') return 'running'
  if (status === 'SUCCEEDED') return 'succeeded'
  return status === 'ABORTED' ? 'aborted' : 'failed'
}

/** Error of an execution that the platform has stopped; its cause is the name of the key that asked. */
const STOPPED = 'Tributary.Stopped'

/**
 * Stops an execution: it enters no further state. A function that is at work goes on to its own end, and the
 * lock waits for that. One that has ended stays as it is.
 */
export async function stopExecution(
  { client, timeoutMs }: Executions,
  arn: string,
  by: string,
): Promise<void> {
  const command = new StopExecutionCommand({ executionArn: arn, error: STOPPED, cause: by })
  await calling(timeoutMs, 'stop an execution', abortSignal => client.send(command, { abortSignal }))
}

/** Status of an execution, and who has stopped it through the platform. */
export function endOf({
  status,
  error,
  cause = '',
}: DescribeExecutionCommandOutput): Pick<Run, 'status' | 'stoppedBy'> {
  if (status === 'ABORTED' && error === STOPPED) return { status: 'stopped', stoppedBy: cause }
  return { status: statusOf(status) }
}

/** Why an execution failed. What a Lambda function threw arrives as JSON text around the message. */
export function errorOf({ status, error, cause }: DescribeExecutionCommandOutput): Run['error'] {
  if (statusOf(status) !== 'failed') return undefined
  const name = error ?? (status === 'TIMED_OUT' ? 'States.Timeout' : 'internal')
  return { name, cause: messageOf(cause ?? '') }
}

function messageOf(cause: string): string {
  if (!cause.startsWith('{')) return cause
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown }
    return typeof errorMessage === 'string' ? errorMessage : cause
  } catch {
    // Step Functions cuts long causes, which then are JSON no more: the text itself is the best there is.
    return cause
  }
}

function calling<T>(
  timeoutMs: number,
  what: string,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeLeft: TimeLeft = timeLeftOf(timeoutMs)
  return retrying(call, { what, timeLeft, attempts: 4 })
}
