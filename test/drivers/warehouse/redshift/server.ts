import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RedshiftDataClient } from '@aws-sdk/client-redshift-data'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { createStatements, type Statement, type Statements } from './server-statements.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * What happens to the next call in place of the right thing: an error before anything is done; `lost`: done,
 * but the answer does not arrive; `fail`: the next batch with `in` in its SQL ends with this error after so
 * many of its statements; `silent`: no answer, and nothing done.
 */
export type Fault =
  | { readonly error: string; readonly status?: number; readonly on?: string }
  | { readonly fail: string; readonly in: string; readonly after: number }
  | 'lost'
  | 'silent'

export type RedshiftServer = {
  readonly client: RedshiftDataClient
  /** Operations in the order they arrived. */
  readonly calls: { readonly operation: string; readonly body: Body }[]
  readonly faults: Fault[]
  readonly statements: ReadonlyMap<string, Statement>
  /** Batches are kept from starting until what this gives is called. */
  hold(): () => void
  close(): Promise<void>
}

/**
 * The Data API, speaking its JSON protocol (AWS JSON 1.1), over a PostgreSQL that runs the very SQL with the
 * rewrites of `toPostgres`: batches are transactions with a session each, a client token is one statement.
 * With a secret a batch is that of the administrator, whose `url` is; without one that of `caller`, the user
 * that the caller's role is there.
 */
export async function startRedshift(url: string, caller?: string): Promise<RedshiftServer> {
  const calls: RedshiftServer['calls'][number][] = []
  const faults: Fault[] = []
  const statements = createStatements(url, caller)
  const server = createServer((request, response) => {
    void serve(request, response, calls, faults, statements)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const client = new RedshiftDataClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ requestTimeout: 10_000, throwOnRequestTimeout: true }),
  })
  return {
    ...{ client, calls, faults, statements: statements.all, hold: statements.hold },
    async close() {
      client.destroy()
      server.closeAllConnections()
      await new Promise(done => server.close(done))
      await statements.ended()
    },
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  calls: { readonly operation: string; readonly body: Body }[],
  faults: Fault[],
  statements: Statements,
): Promise<void> {
  const operation = String(request.headers['x-amz-target']).split('.')[1]!
  const body = await readBody(request)
  calls.push({ operation, body })
  const fault = takeFault(faults, operation, body)
  if (fault === 'silent') return
  if (fault !== undefined && fault !== 'lost' && 'error' in fault)
    return send(response, fault.status ?? 400, { __type: fault.error, message: 'injected' })
  const failure = fault !== undefined && fault !== 'lost' ? fault : undefined
  const answer = await perform(operation, body, statements, failure)
  if (fault === 'lost') return void request.socket.destroy()
  send(response, '__type' in answer ? 400 : 200, answer)
}

/** The first fault, where it is one of this call. */
function takeFault(faults: Fault[], operation: string, body: Body): Fault | undefined {
  const [fault] = faults
  if (typeof fault === 'object' && 'fail' in fault && !String(body['Sqls']).includes(fault.in))
    return undefined
  if (typeof fault === 'object' && 'error' in fault && (fault.on ?? operation) !== operation) return undefined
  return faults.shift()
}

async function perform(
  operation: string,
  body: Body,
  statements: Statements,
  failure: { readonly fail: string; readonly after: number } | undefined,
): Promise<object> {
  if (operation === 'BatchExecuteStatement') return statements.start(body, failure)
  const [id, sub] = String(body['Id']).split(':') as [string, string?]
  const statement = statements.all.get(id)
  if (statement === undefined)
    return { __type: 'ResourceNotFoundException', message: 'Query does not exist.' }
  if (operation === 'DescribeStatement') return statements.describe(id, Number(body['WaitTimeSeconds'] ?? 0))
  if (operation === 'CancelStatement') return statements.cancel(id)
  return statements.result(id, Number(sub ?? 1), Number(body['NextToken'] ?? 0))
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
  response.end(JSON.stringify(body))
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body
}
