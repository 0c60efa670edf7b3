import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyRing } from '../../core/access/key-ring.ts'
import { readKeys } from '../../core/access/read-keys.ts'
import { compileAcceptor } from '../../core/event/accept.ts'
import { compileTimeCheck, DEFAULT_TIME_BOUNDS } from '../../core/event/event-times.ts'
import { createRecentEvents } from '../../core/memory/recent-events.ts'
import { createSequences } from '../../core/memory/sequences.ts'
import { createMemoryAllowances } from '../../drivers/allowances/memory.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { openLog } from '../../drivers/stream/log/log.ts'
import { createAjvValidators } from '../../drivers/validators/ajv.ts'
import { createHandler } from '../../functions/ingest.ts'
import { createKeyAuthorisation } from '../../functions/middleware/authorise.ts'
import { httpFunction, ruleOf } from '../../functions/middleware/http-function.ts'
import { ROUTES } from '../../functions/table.ts'
import { admission } from '../../local/http/http-api.ts'
import { startHttpServer } from '../../local/http/http-server.ts'
import { createEventCounts } from '../../local/metrics/event-counts.ts'
import { createRequestCounts } from '../../local/metrics/request-counts.ts'
import { DEFAULT_PARTITIONS } from '../../local/settings.ts'
import { createAllow } from '../../steps/allow.ts'
import { createIngest } from '../../steps/ingest.ts'

/**
 * The server under load. `bare` is node:http with JSON.parse and Ajv per event, `bare-durable` the same that
 * answers once the body is appended to a file and synced (one sync for all that wait), `ours` the whole HTTP
 * server, the ingest step and the durable log, with everything that the platform does for a request. Sends
 * its port to its parent.
 */
const folder = mkdtempSync(join(tmpdir(), 'tributary-bench-'))
const pipeline = await loadPipeline(join(import.meta.dirname, '..', '..', 'pipeline'))
const start = { bare: startBare, 'bare-durable': startBareDurable, ours: startOurs }
process.send?.(await start[process.argv[2] as keyof typeof start]())
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', () => process.exit(0))
// Asked for it, the server tells the CPU time it has used: on a shared machine that is the number to compare.
process.on('message', () => process.send?.(cpuSeconds()))

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

type Append = (body: Buffer) => Promise<void>

function startBare(append: Append = () => Promise.resolve()): Promise<number> {
  const validate = createAjvValidators().validatorOf(pipeline.latest.get('com.tributary.hoverboard')!)
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const events = JSON.parse(body.toString()) as { data: unknown }[]
      let accepted = 0
      for (const event of events) if (validate(event.data) === undefined) accepted++
      const answer = `{"accepted":${accepted},"rejected":[]}`
      void append(body).then(() => {
        response.writeHead(202, { 'content-type': 'application/json', 'content-length': answer.length })
        response.end(answer)
      })
    })
  })
  return new Promise(resolve =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  )
}

async function startBareDurable(): Promise<number> {
  const file = await open(join(folder, 'bodies'), 'a')
  let waiting: { body: Buffer; done: () => void }[] = []
  let isWriting = false
  const flush = async () => {
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await file.writev(batch.map(({ body }) => body))
      await file.datasync()
      for (const { done } of batch) done()
    }
    isWriting = false
  }
  return startBare(
    body =>
      new Promise(done => {
        waiting.push({ body, done })
        if (!isWriting) void flush()
      }),
  )
}

async function startOurs(): Promise<number> {
  // Nobody reads this log, so it may fall behind and keep all it likes.
  const unbounded = { maxLagBytes: Number.MAX_SAFE_INTEGER, retentionBytes: Number.MAX_SAFE_INTEGER }
  const { stream } = await openLog({ dir: join(folder, 'log'), epochLength: 3_600_000, ...unbounded })
  const checkTime = compileTimeCheck(DEFAULT_TIME_BOUNDS, Date.now)
  const ingest = createEventCounts({ note: () => undefined }).counted(
    createIngest({
      accept: compileAcceptor(pipeline, createAjvValidators(), checkTime),
      stream,
      rejected: { put: () => Promise.resolve() },
      now: Date.now,
      epochLength: 3_600_000,
      partitionsAt: () => ({ first: 0, count: DEFAULT_PARTITIONS }),
      process: 'bench0',
      memory: { events: createRecentEvents(), sequences: createSequences() },
      horizon: 24,
    }),
  )
  const authorise = createKeyAuthorisation(createKeyRing(readKeys('write:bench-key')))
  const report = (failure: Error) => process.stderr.write(`${failure.stack}\n`)
  const route = 'POST /v1/events'
  const tell = () => undefined
  const allow = createAllow({ allowances: createMemoryAllowances(), now: Date.now, report: tell })
  const work = createHandler({ ingest, allow, report, pipeline })
  const routes = {
    [route]: httpFunction({ authorise, allow, audit: tell, report }, ruleOf(ROUTES[route]), work),
  }
  const perRequest = { admit: admission({ authorise }), onAnswer: createRequestCounts().answered, report }
  return (await startHttpServer({ routes, host: '127.0.0.1', port: 0, ...perRequest })).port
}
