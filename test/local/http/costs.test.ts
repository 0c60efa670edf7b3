import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createBodyBudget, type Held } from '../../../local/http/body-budget.ts'
import { type Platform, startPlatform } from '../test-platform.ts'

const MB = 1024 * 1024
let platform: Platform
let closing: Platform | undefined
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await closing?.close()
  closing = undefined
})
const start = async (limits = {}) => {
  platform = await startPlatform({ limits: { lingerTime: 500, ...limits } })
  closing = platform
}

/** A connection that has sent some bytes, and what came back. */
function opened(text: string) {
  const socket = connect(platform.port, '127.0.0.1')
  sockets.push(socket)
  let answer = ''
  socket.on('data', chunk => {
    answer += String(chunk)
  })
  socket.on('error', () => undefined)
  socket.write(text)
  return { socket, answer: () => answer }
}
const head = (key: string, more: string) =>
  `POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/cloudevents-batch+json\r\n${more}\r\n\r\n`
const send = (key: string, body = '[]') =>
  platform.call('POST', '/v1/events', key, body, { 'content-type': 'application/cloudevents-batch+json' })

describe('a request without a key', () => {
  test.each([1000, 900_000, 5 * MB, 9.9 * MB])(
    'of %i bytes is answered 401, and its sender reads that',
    async size => {
      await start()
      expect((await send('wrong', ' '.repeat(size))).status).toBe(401)
    },
  )

  test('is answered before its body has come, and is not asked for it', async () => {
    await start()
    const announced = opened(head('wrong', `content-length: ${9 * MB}`))
    const expecting = opened(head('wrong', 'expect: 100-continue\r\ncontent-length: 10'))
    await vi.waitFor(() => expect(announced.answer()).toMatch(/^HTTP\/1.1 401/))
    await vi.waitFor(() => expect(expecting.answer()).toMatch(/^HTTP\/1.1 401/))
  })

  test('keeps its connection for some time only, whether the rest of the body comes or not', async () => {
    await start({ lingerTime: 300 })
    const { socket } = opened(head('wrong', `content-length: ${9 * MB}`))
    await once(socket, 'close', { signal: AbortSignal.timeout(3000) })
  })
})

describe('a body that is announced', () => {
  test('takes nothing until it comes, with a key as well: fifty of 10 MB that send nothing stop nobody', async () => {
    await start()
    for (let i = 0; i < 50; i++) opened(head('w', `content-length: ${9.9 * MB}`))
    for (let i = 0; i < 50; i++) opened(head('w', `content-encoding: gzip\r\ncontent-length: ${9.9 * MB}`))
    await sleep(200)
    expect((await send('w')).status).toBe(202)
  })

  test('gives way to others when it has been coming for long, and is told so', async () => {
    await start({ bodiesInFlight: 1000 })
    const slow = opened(`${head('w', 'content-length: 990')}${' '.repeat(900)}`)
    await sleep(1200)
    expect((await send('w', `[${' '.repeat(500)}]`)).status).toBe(202)
    await vi.waitFor(() => expect(slow.answer()).toMatch(/^HTTP\/1.1 503/))
  })

  test('has its place in the memory of its own sender only', async () => {
    await start({ bodiesOfOne: 1000 })
    opened(`${head('a', 'content-length: 990')}${' '.repeat(900)}`)
    await sleep(100)
    expect((await send('a', `[${' '.repeat(500)}]`)).status).toBe(503)
    expect((await send('w', `[${' '.repeat(500)}]`)).status).toBe(202)
  })
})

describe('connections that show no key', () => {
  test('end, the oldest first, when one address has too many, and keep nobody out', async () => {
    await start({ freshConnections: 5 })
    const silent = Array.from({ length: 8 }, () => opened(''))
    await vi.waitFor(() => expect(silent.filter(({ socket }) => socket.destroyed)).toHaveLength(3))
    expect(silent.map(({ socket }) => socket.destroyed).slice(0, 3)).toEqual([true, true, true])
    expect((await send('w')).status).toBe(202)
    expect(platform.failures[0]).toMatchObject({
      code: 'overloaded',
      message: expect.stringContaining('5 connections of one address that have shown no key'),
    })
  })

  test('end before those that have shown one, when there are too many in all', async () => {
    await start({ connections: 5 })
    const keyed = opened(`${head('w', 'content-length: 2')}[]`)
    await vi.waitFor(() => expect(keyed.answer()).toMatch(/^HTTP\/1.1 202/))
    for (let i = 0; i < 20; i++) opened('POST /v1/events HTTP/1.1\r\n')
    await sleep(200)
    expect(keyed.socket.destroyed).toBe(false)
    expect((await send('w')).status).toBe(202)
  })
})

describe('the memory of bodies', () => {
  test('refuses a body that trickles in, and leaves one that comes at a pace', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
    try {
      const refused: string[] = []
      const budget = createBodyBudget({ all: 1e9, ofOne: 1e9 })
      const begin = (name: string): Held =>
        budget.begin(name, failure => refused.push(`${name} ${failure.code}`))
      const [trickle, steady] = [begin('trickle'), begin('steady')]
      for (let second = 0; second < 20; second++) {
        budget.take(trickle, 1)
        budget.take(steady, 2000)
        vi.advanceTimersByTime(1000)
      }
      expect(refused).toEqual(['trickle late_request'])
      budget.stop()
    } finally {
      vi.useRealTimers()
    }
  })
})
