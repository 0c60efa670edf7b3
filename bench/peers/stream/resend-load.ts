import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { sentIn, withId } from './resending.ts'

/**
 * A sender that does not give up: `node resend-load.ts '{"port":…,"rate":…,"trips":…}'` sends requests of 100
 * trips and each again until it is answered with 202; one event in a hundred was sent before. Ends with its
 * standard input; prints `{"places":n}`, all accepted.
 */
const { port, rate, trips } = JSON.parse(process.argv[2]!) as { port: number; rate: number; trips: string }
const SIZE = 100
const SENDERS = 8
const lines = readFileSync(trips, 'utf8').trimEnd().split('\n')
const headers = { authorization: 'Bearer bench-key', 'content-type': 'application/cloudevents-batch+json' }
const started = performance.now()
let next = 0
let isStopped = false

process.stdin.resume().on('end', () => {
  isStopped = true
})
await Promise.all(Array.from({ length: SENDERS }, send))
process.stdout.write(`${JSON.stringify({ places: next * SIZE })}\n`)
process.exit(0)

async function send(): Promise<void> {
  while (!isStopped) {
    const request = next++
    await sleep(started + (request * SIZE * 1000) / rate - performance.now())
    const body = bodyOf(request)
    while (!(await isAccepted(body))) await sleep(20)
  }
}

function bodyOf(request: number): string {
  const events = Array.from({ length: SIZE }, (_, i) => {
    const event = sentIn(request * SIZE + i)
    return withId(lines[event % lines.length]!, event)
  })
  return `[${events.join(',')}]`
}

async function isAccepted(body: string): Promise<boolean> {
  try {
    const init = { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) }
    const response = await fetch(`http://127.0.0.1:${port}/v1/events`, init)
    await response.arrayBuffer()
    return response.status === 202
  } catch {
    // The server was killed: send again.
    return false
  }
}
