import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import type { Outlet } from '../../../steps/follow/connection.ts'
import { type Platform, startPlatform } from '../test-platform.ts'

const PATH = '/v1/metrics/flights_daily/stream'
const outlets: Outlet[] = []
let platform: Platform | undefined
afterEach(async () => {
  outlets.splice(0)
  await platform?.close()
  platform = undefined
})

/** A platform whose streams a test writes to. */
async function start(limits = {}): Promise<Platform> {
  platform = await startPlatform(
    { limits },
    {
      follow: {
        open:
          async () =>
          ({ outlet }) =>
            void outlets.push(outlet),
      },
    },
  )
  return platform
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

test('events come as they are written, on one answer that nobody may keep', async () => {
  const { url } = await start()
  const answer = await fetch(url + PATH, { headers: bearer('r') })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const texts = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  outlets[0]!.write('event: a\ndata: 1\n\n')
  expect((await texts.read()).value).toBe('event: a\ndata: 1\n\n')
  outlets[0]!.write('event: b\ndata: 2\n\n')
  expect((await texts.read()).value).toBe('event: b\ndata: 2\n\n')
  outlets[0]!.end()
  expect((await texts.read()).done).toBe(true)
})

test('a stream asks for what a query asks for: a key that may, a metric, parameters that mean something', async () => {
  const { url } = await start()
  const status = async (path: string, key: string) =>
    (await fetch(url + path, { headers: bearer(key), signal: AbortSignal.timeout(5000) })).status
  expect(await status(PATH, 'w')).toBe(403)
  expect(await status(PATH, 'nobody')).toBe(401)
  expect(await status(PATH, 'ended')).toBe(401)
  expect(await status(PATH, 'others')).toBe(403)
  expect(await status(`${PATH}?where.origin=JFK&by=origin`, 'rows')).toBe(403)
  expect(await status('/v1/metrics/nothing/stream', 'r')).toBe(404)
  expect(await status(`${PATH}?asOf=2026-01-01`, 'r')).toBe(400)
  expect(await status(`${PATH}?window=minute`, 'r')).toBe(400)
  expect(outlets).toHaveLength(0)
})

test('HEAD is answered with the headers alone, and opens nothing', async () => {
  const { url } = await start()
  const answer = await fetch(url + PATH, { method: 'HEAD', headers: bearer('r') })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  expect(outlets).toHaveLength(0)
})

test('a stream outlives the time that a request may take, and its connection is not one that rests', async () => {
  const { url, port } = await start({ requestTime: 700, headersTime: 500, connections: 2 })
  const answer = await fetch(url + PATH, { headers: bearer('r') })
  const reader = answer.body!.getReader()
  const others = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  for (const other of others) other.on('error', () => undefined)
  await sleep(1000)
  outlets[0]!.write('x')
  expect(Buffer.from((await reader.read()).value!).toString()).toBe('x')
  for (const other of others) other.destroy()
  outlets[0]!.end()
})

test('what a reader does not take is told to the writer, and its leaving too', async () => {
  const { port } = await start()
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer r\r\n\r\n`)
  await vi.waitFor(() => expect(outlets).toHaveLength(1))
  socket.pause()
  const outlet = outlets[0]!
  let isClosed = false
  let isReady = false
  outlet.onClose(() => {
    isClosed = true
  })
  outlet.onReady(() => {
    isReady = true
  })
  let written = 0
  while (outlet.write(Buffer.alloc(65_536)) && written < 1000) {
    written++
    await sleep(1)
  }
  expect(written).toBeLessThan(1000)
  socket.resume()
  await vi.waitFor(() => expect(isReady).toBe(true))
  socket.destroy()
  await vi.waitFor(() => expect(isClosed).toBe(true))
})

test('readers that gave up, and connections that somebody opened in advance, hold no end of the server up', async () => {
  const { url, port, close } = await start({ drainTime: 10_000 })
  platform = undefined
  for (let i = 0; i < 20; i++) {
    const leaving = new AbortController()
    const reading = fetch(url + PATH, { headers: bearer('r'), signal: leaving.signal }).then(got =>
      got.text(),
    )
    setTimeout(() => leaving.abort(), i)
    await reading.catch(() => undefined)
  }
  const silent = connect(port, '127.0.0.1')
  silent.on('error', () => undefined)
  await sleep(100)
  const since = performance.now()
  await close()
  expect(performance.now() - since).toBeLessThan(5000)
})
