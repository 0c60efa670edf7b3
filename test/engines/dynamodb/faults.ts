import type {
  BatchExecuteStatementCommandInput,
  BatchGetItemCommandInput,
  BatchWriteItemCommandInput,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { awsFault, intercept, lostAnswer } from '../aws-faults.ts'

/**
 * What can go wrong with a request. `throttle` and `failure` (a 5xx): it is not carried out. `lost`: it is,
 * but no answer comes. `partial`: only every other part of a batch is, and the answer says so as DynamoDB
 * does; a call without parts is throttled.
 */
export type Fault = 'throttle' | 'failure' | 'lost' | 'partial'

export type Request = { readonly command: string; readonly input: object }

type Output = Record<string, unknown>
type Send = (input: object) => Promise<Output>

/**
 * Lets `decide` spoil requests of a client. Errors and partial answers have the shapes of DynamoDB's API
 * reference.
 */
export function injectFaults(
  client: DynamoDBClient,
  decide: (request: Request) => Fault | undefined | Promise<Fault | undefined>,
): void {
  intercept(client, async ({ command, input, send }) => {
    const fault = await decide({ command, input })
    return fault === undefined ? send() : spoil(fault, command, input, send)
  })
}

async function spoil(fault: Fault, command: string, input: object, send: Send): Promise<Output> {
  if (fault === 'failure') throw awsFault('InternalServerError', 500)
  if (fault === 'lost') {
    // What the service makes of it is not known to the caller, not even that it failed.
    await send(input).catch(() => undefined)
    throw lostAnswer()
  }
  if (fault === 'partial' && command === 'BatchGetItemCommand')
    return partialGet(input as BatchGetItemCommandInput, send)
  if (fault === 'partial' && command === 'BatchWriteItemCommand')
    return partialWrite(input as BatchWriteItemCommandInput, send)
  if (fault === 'partial' && command === 'BatchExecuteStatementCommand')
    return partialStatements(input as BatchExecuteStatementCommandInput, send)
  throw awsFault('ProvisionedThroughputExceededException')
}

async function partialGet(input: BatchGetItemCommandInput, send: Send): Promise<Output> {
  const [[table, request] = ['', {}]] = Object.entries(input.RequestItems ?? {})
  const [now, later] = halves(request.Keys ?? [])
  const UnprocessedKeys = later.length === 0 ? {} : { [table]: { ...request, Keys: later } }
  if (now.length === 0) return { Responses: { [table]: [] }, UnprocessedKeys }
  const output = await send({ ...input, RequestItems: { [table]: { ...request, Keys: now } } })
  return { ...output, UnprocessedKeys }
}

async function partialWrite(input: BatchWriteItemCommandInput, send: Send): Promise<Output> {
  const [[table, requests] = ['', []]] = Object.entries(input.RequestItems ?? {})
  const [now, later] = halves(requests)
  const UnprocessedItems = later.length === 0 ? {} : { [table]: later }
  if (now.length === 0) return { UnprocessedItems }
  return { ...(await send({ ...input, RequestItems: { [table]: now } })), UnprocessedItems }
}

async function partialStatements(input: BatchExecuteStatementCommandInput, send: Send): Promise<Output> {
  const statements = input.Statements ?? []
  const [now] = halves(statements)
  const output = now.length === 0 ? {} : await send({ ...input, Statements: now })
  const answers = [...((output['Responses'] as unknown[] | undefined) ?? [])]
  const throttled = { Error: { Code: 'ThrottlingError', Message: 'injected' } }
  return { ...output, Responses: statements.map((_, i) => (i % 2 === 1 ? answers.shift() : throttled)) }
}

/** Every second part is done; of one part, none. */
function halves<T>(parts: readonly T[]): [T[], T[]] {
  return [parts.filter((_, i) => i % 2 === 1), parts.filter((_, i) => i % 2 === 0)]
}
