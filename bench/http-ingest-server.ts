import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { compileAcceptor } from '../core/accept.ts'
import { createKeyRing } from '../core/keys.ts'
import type { Stream } from '../core/ports/stream.ts'
import { loadPipeline } from '../drivers/pipeline/folder.ts'
import { ajvValidators } from '../drivers/validators/ajv.ts'
import { createHandler } from '../functions/ingest.ts'
import { startHttpServer } from '../local/http/http-server.ts'
import { createIngest } from '../steps/ingest.ts'

/**
 * The server under load: `bare` is node:http with JSON.parse and Ajv per event and nothing else, `ours` is the whole HTTP server, middy and
 * the ingest step over a stream that stores nothing. Sends its port to its parent.
 */
const pipeline = await loadPipeline(join(import.meta.dirname, '..', 'pipeline'))
const port = await (process.argv[2] === 'bare' ? startBare() : startOurs())
process.send?.(port)
// Asked for it, the server tells the CPU time it has used: on a shared machine that is the number to compare.
process.on('message', () => process.send?.(cpuSeconds()))
process.on('SIGINT', () => process.exit(0))

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function startBare(): Promise<number> {
  const validate = ajvValidators().validatorOf(pipeline.latest.get('com.tributary.hoverboard')!)
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const events = JSON.parse(Buffer.concat(chunks).toString()) as { data: unknown }[]
      let accepted = 0
      for (const event of events) if (validate(event.data) === undefined) accepted++
      const answer = `{"accepted":${accepted},"rejected":[]}`
      response.writeHead(202, { 'content-type': 'application/json', 'content-length': answer.length })
      response.end(answer)
    })
  })
  return new Promise(resolve =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  )
}

async function startOurs(): Promise<number> {
  const stored = { kind: 'stored' } as const
  const stream: Stream = { put: records => Promise.resolve(records.map(() => stored)) }
  const ingest = createIngest({
    accept: compileAcceptor(pipeline, ajvValidators(), 100),
    stream,
    rejected: { put: () => Promise.resolve() },
    now: Date.now,
    epochLength: 3_600_000,
    process: 'bench0',
  })
  const keys = createKeyRing([{ scope: 'write', secret: 'bench-key' }])
  const report = (failure: Error) => process.stderr.write(`${failure.stack}\n`)
  const routes = { 'POST /v1/events': createHandler({ keys, report, ingest }) }
  return (await startHttpServer({ routes, host: '127.0.0.1', port: 0, report })).port
}
