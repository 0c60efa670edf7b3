import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SFNClient } from '@aws-sdk/client-sfn'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** An execution as the server keeps it; instants in seconds since 1970, as the protocol has them. */
export type Execution = {
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'
  readonly machine: string
  readonly name: string
  readonly input: string
  readonly startDate: number
  stopDate?: number
  error?: string
  cause?: string
  events: readonly object[]
}

type Answer = { readonly status: number; readonly body: object } | 'no answer'
type Body = Readonly<Record<string, string | number | undefined>>

/**
 * Step Functions as far as runs need it, speaking its JSON protocol (AWS JSON 1.0) over HTTP, with faults on
 * demand.
 */
export type StepFunctionsServer = {
  readonly client: SFNClient
  readonly executions: Map<string, Execution>
  /** Operations in the order they arrived. */
  readonly calls: string[]
  /** Answers of the next calls in place of the right ones; `lost`: done, but the answer does not arrive. */
  readonly faults: ({ readonly error: string; readonly status?: number } | 'no answer' | 'lost')[]
  close(): Promise<void>
}

/** Events of one page of a history; AWS gives up to 1,000. */
const PAGE = 1000

/** Starts the server with the machines that exist, by ARN. */
export async function startStepFunctions(machines: readonly string[]): Promise<StepFunctionsServer> {
  const executions = new Map<string, Execution>()
  const calls: string[] = []
  const faults: StepFunctionsServer['faults'] = []
  const server = createServer((request, response) => {
    void readBody(request).then(body => {
      const operation = String(request.headers['x-amz-target']).split('.')[1]!
      calls.push(operation)
      const fault = faults.shift()
      if (fault === 'no answer') return
      const right = perform(operation, body, machines, executions)
      if (fault !== 'lost') send(response, fault === undefined ? right : failed(fault.error, fault.status))
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const client = new SFNClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 500,
      requestTimeout: 300,
      throwOnRequestTimeout: true,
    }),
  })
  const close = async () => {
    client.destroy()
    server.closeAllConnections()
    await new Promise(done => server.close(done))
  }
  return { client, executions, calls, faults, close }
}

function perform(
  operation: string,
  body: Body,
  machines: readonly string[],
  executions: Map<string, Execution>,
): Answer {
  const machine = String(body['stateMachineArn'])
  const known = executions.get(String(body['executionArn']))
  if (operation === 'StartExecution') return start(machine, body, machines, executions)
  if (operation === 'ListExecutions') {
    const own = [...executions].filter(([, execution]) => execution.machine === machine)
    const listed = own.map(([executionArn, { events: _, input: __, machine: stateMachineArn, ...rest }]) => ({
      ...{ executionArn, stateMachineArn },
      ...rest,
    }))
    return ok({ executions: listed.reverse().slice(0, Number(body['maxResults'])) })
  }
  if (known === undefined) return failed('ExecutionDoesNotExist')
  if (operation === 'DescribeExecution') {
    const { events: _, machine: stateMachineArn, ...rest } = known
    return ok({ executionArn: body['executionArn'], stateMachineArn, ...rest })
  }
  if (operation === 'StopExecution') return stop(known, body)
  const from = Number(body['nextToken'] ?? 0)
  const next = from + PAGE < known.events.length ? { nextToken: String(from + PAGE) } : {}
  return ok({ events: known.events.slice(from, from + PAGE), ...next })
}

function start(
  machine: string,
  { name, input }: Body,
  machines: readonly string[],
  executions: Map<string, Execution>,
): Answer {
  if (!machines.includes(machine)) return failed('StateMachineDoesNotExist')
  const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${name}`
  const known = executions.get(executionArn)
  // The same name and input of an execution that goes on: the same answer again. Else the name is taken for
  // 90 days.
  if (known !== undefined && (known.input !== input || known.status !== 'RUNNING'))
    return failed('ExecutionAlreadyExists')
  const execution: Execution = known ?? {
    ...{ status: 'RUNNING', machine, name: String(name), input: String(input) },
    ...{ startDate: Date.now() / 1000, events: [] },
  }
  executions.set(executionArn, execution)
  return ok({ executionArn, startDate: execution.startDate })
}

/** One that has ended stays as it is. */
function stop(execution: Execution, { error, cause }: Body): Answer {
  if (execution.status === 'RUNNING')
    Object.assign(execution, { status: 'ABORTED', stopDate: Date.now() / 1000, error, cause })
  return ok({ stopDate: execution.stopDate })
}

function ok(body: object): Answer {
  return { status: 200, body }
}

function failed(error: string, status = 400): Answer {
  return { status, body: { __type: error, message: `injected or real: ${error}` } }
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer === 'no answer') return
  response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(JSON.stringify(answer.body))
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body
}
