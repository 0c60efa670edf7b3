import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server answers a call with: JSON, an error by its name, or nothing at all (`lost`: the connection ends). */
export type Answer = object | { readonly fault: string; readonly status?: number } | 'lost'

/** A call of an API. */
export type Call = { readonly operation: string; readonly input: Readonly<Record<string, unknown>> }

export type JsonServer = {
  /** What a client of the server is made with. */
  readonly settings: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
    readonly maxAttempts: number
  }
  readonly calls: readonly Call[]
  /** Names of the operations called. */
  operations(): readonly string[]
  close(): Promise<void>
}

/**
 * A local server that speaks the protocol of Athena and EMR (AWS JSON 1.1). What it answers is the test's: told of a call, and
 * how many there were of its operation.
 */
export async function startJsonServer(answer: (call: Call, count: number) => Answer): Promise<JsonServer> {
  const calls: Call[] = []
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.').at(-1)!
    const call = { operation, input: JSON.parse(await bodyOf(request)) as Call['input'] }
    calls.push(call)
    const given = answer(call, calls.filter(each => each.operation === operation).length)
    if (given === 'lost') return void request.socket.destroy()
    const isFault = 'fault' in given
    const body = isFault ? { __type: given.fault, message: `${given.fault} happened` } : given
    response.writeHead(isFault ? ((given.status as number | undefined) ?? 400) : 200, {
      'content-type': 'application/x-amz-json-1.1',
    })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    settings: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    },
    calls,
    operations: () => calls.map(call => call.operation),
    close() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
