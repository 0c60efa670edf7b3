import { connect } from 'node:net'

/**
 * Load generator: `node bench/http-load.ts <port> <events a request> <connections> <ms>` sends one POST again
 * and again over kept connections, with ids that are new each time, and prints requests answered with 202, as
 * JSON. Raw sockets, because an HTTP client costs more than the server it measures.
 */
const [port = 0, events = 1, connections = 32, duration = 3000] = process.argv.slice(2).map(Number)
const body = JSON.stringify(Array.from({ length: events }, (_, i) => hoverboardEvent(i)))
const head = Buffer.from(
  [
    'POST /v1/events HTTP/1.1',
    'Host: 127.0.0.1',
    'Authorization: Bearer bench-key',
    'User-Agent: tributary-bench',
    'Accept: */*',
    'Content-Type: application/cloudevents-batch+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    '',
  ].join('\r\n'),
)
/** Where the number of each event's id stands in a request. */
const places = [...body.matchAll(/"id":"[0-9a-f-]{24}/g)].map(
  found => head.length + found.index + found[0].length,
)
const DIGITS = 12
const end = performance.now() + duration
let answered = 0
let sent = 0

await Promise.all(Array.from({ length: connections }, sendUntilEnd))
process.stdout.write(JSON.stringify({ requests: answered, events: answered * events, bytes: body.length }))

function sendUntilEnd(): Promise<void> {
  const request = Buffer.concat([head, Buffer.from(body)])
  const next = () => {
    for (const place of places) request.write(String(sent++).padStart(DIGITS, '0'), place, 'latin1')
    return request
  }
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(next()))
    socket.setTimeout(10_000, () => socket.destroy(new Error('the server did not answer for 10 s')))
    socket.on('error', reject)
    // Answers are far smaller than a segment, so one chunk is one answer.
    socket.on('data', chunk => {
      if (chunk.toString('latin1', 9, 12) !== '202') return socket.destroy(new Error(chunk.toString()))
      answered++
      if (performance.now() < end) socket.write(next())
      else socket.end(resolve)
    })
  })
}

function hoverboardEvent(i: number) {
  return {
    specversion: '1.0',
    id: `0f8fad5b-d9cb-469f-a165-${String(i).padStart(12, '0')}`,
    source: '/fleet/berlin',
    type: 'com.tributary.hoverboard',
    time: new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 + 250).toISOString(),
    data: {
      id: 1000 + i,
      elevation: 34.25,
      temperature: 21.5,
      humidity: 0.41,
      charge: 87.125,
      speed: 12.75,
      weight: 71.5,
      acceleration: 0.25,
      magnetic_field: 48.5,
      location: { longitude: 13.404954, latitude: 52.520008 },
      is_docked: false,
    },
  }
}
