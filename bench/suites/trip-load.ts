import { connect } from 'node:net'
import { ID, trip, writeId } from './trip-events.ts'

/**
 * Load generator for the whole pipeline: `node bench/suites/trip-load.ts '{"port":…,"rate":…,…}'`. Sends
 * trips at a steady rate over kept connections and prints one JSON line a second and a last one. Every event
 * has an id of its own that looks random; bodies are made once and only ids are written anew, so that the
 * load costs the server's cores little.
 */
type Options = {
  readonly port: number
  readonly key: string
  /** Events a second; 0: as fast as answers come. */
  readonly rate: number
  readonly perRequest: number
  readonly connections: number
  readonly seconds: number
  /** Boards that ride; each is a group of trips_hourly. */
  readonly boards: number
  /** Hours over which event times spread, before now. */
  readonly hours: number
  /** Makes the ids of this run differ from those of others. */
  readonly seed: number
}

const options = JSON.parse(process.argv[2] ?? '{}') as Options
const BODIES = 64

const bodies = Array.from({ length: BODIES }, (_, n) => makeBody(n))
let next = options.seed * 1e9
let sentEvents = 0
let acceptedEvents = 0
let refusedRequests = 0
const latencies: number[] = []
const started = performance.now()
/** Time from one request to the next over all connections, ms. */
const interval = options.rate === 0 ? 0 : (options.perRequest / options.rate) * 1000
const end = started + options.seconds * 1000

const ticker = setInterval(() => say({ at: performance.now() - started }), 1000)
await Promise.all(Array.from({ length: options.connections }, (_, connection) => run(connection)))
clearInterval(ticker)
latencies.sort((a, b) => a - b)
say({ at: performance.now() - started, last: true, p50: quantile(0.5), p99: quantile(0.99) })

function say(more: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ sentEvents, acceptedEvents, refusedRequests, ...more })}\n`)
}

function quantile(q: number): number {
  return latencies[Math.floor(latencies.length * q)] ?? 0
}

function run(connection: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentAt = 0
    let turn = connection
    // Connections take turns, evenly spread: were they to wait for one common moment, each would be a burst
    // of all of them.
    let due = started + connection * interval
    const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true }, sendWhenDue)
    socket.setTimeout(30_000, () => socket.destroy(new Error('the server did not answer for 30 s')))
    socket.on('error', reject)
    socket.on('data', chunk => {
      const status = chunk.toString('latin1', 9, 12)
      latencies.push(performance.now() - sentAt)
      if (status.startsWith('2')) acceptedEvents += options.perRequest
      else if (status === '503') refusedRequests++
      else return void socket.destroy(new Error(chunk.toString()))
      if (performance.now() >= end) return void socket.end(resolve)
      due += options.connections * interval
      sendWhenDue()
    })

    function sendWhenDue(): void {
      const wait = due - performance.now()
      if (wait < 1) send()
      else setTimeout(send, wait)
    }

    function send(): void {
      const { buffer, idsAt } = bodies[turn++ % BODIES]!
      for (const at of idsAt) writeId(buffer, at, next++)
      sentAt = performance.now()
      sentEvents += options.perRequest
      socket.write(Buffer.from(buffer))
    }
  })
}

function makeBody(n: number): { buffer: Buffer; idsAt: readonly number[] } {
  const events = Array.from({ length: options.perRequest }, (_, i) =>
    trip(n * options.perRequest + i, options),
  )
  const json = JSON.stringify(events)
  const head = [
    'POST /v1/events HTTP/1.1',
    'Host: 127.0.0.1',
    `Authorization: Bearer ${options.key}`,
    'Content-Type: application/cloudevents-batch+json',
    `Content-Length: ${Buffer.byteLength(json)}`,
  ].join('\r\n')
  const buffer = Buffer.from(`${head}\r\n\r\n${json}`)
  const idsAt: number[] = []
  for (let at = buffer.indexOf(ID); at >= 0; at = buffer.indexOf(ID, at + 1)) idsAt.push(at)
  return { buffer, idsAt }
}
