import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HttpEvent, HttpHandler } from '../../../functions/middleware/http.ts'
import { type HttpServer, startHttpServer } from '../../../local/http/http-server.ts'

let last: HttpEvent | undefined
let release: () => void = () => undefined
const failures: Error[] = []

const echo: HttpHandler = async event => {
  last = event
  return { statusCode: 200, body: 'ok', headers: { 'content-type': 'text/plain' }, cookies: ['a=1', 'b=2'] }
}
const slow: HttpHandler = () =>
  new Promise(resolve => {
    release = () => resolve({ statusCode: 200, body: 'late' })
  })

const routes = {
  'GET /plain': echo,
  'POST /plain': echo,
  'GET /items/{id}': echo,
  'GET /files/{path+}': echo,
  'POST /slow': slow,
  'GET /base64': async () => ({ statusCode: 200, body: 'aGk=', isBase64Encoded: true }),
  'GET /broken': () => Promise.reject(new Error('boom')),
}
const start = (limits = {}) =>
  startHttpServer({ host: '127.0.0.1', port: 0, routes, report: failure => failures.push(failure), limits })

let server: HttpServer
beforeAll(async () => {
  server = await start()
})
afterAll(() => server.close())

/** What the server says to bytes on a socket. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', chunk => {
    answer += chunk.toString()
  })
  socket.write(text)
  await once(socket, 'close')
  return answer
}

describe('an API Gateway event', () => {
  test('has the shape of payload format 2.0', async () => {
    await fetch(`${server.url}/items/a%2Fb?x=1&x=2&y=%20`, { headers: { 'X-Own': 'v', cookie: 'c=1; d=2' } })
    expect(last).toMatchObject({
      version: '2.0',
      routeKey: 'GET /items/{id}',
      rawPath: '/items/a%2Fb',
      rawQueryString: 'x=1&x=2&y=%20',
      cookies: ['c=1', 'd=2'],
      headers: { 'x-own': 'v' },
      queryStringParameters: { x: '1,2', y: ' ' },
      pathParameters: { id: 'a/b' },
      isBase64Encoded: false,
      requestContext: {
        routeKey: 'GET /items/{id}',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        http: { method: 'GET', path: '/items/a%2Fb', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
      },
    })
    expect(last?.headers['cookie']).toBeUndefined()
    expect(last?.body).toBeUndefined()
  })

  test('repeated headers are joined by commas', async () => {
    await raw(server.port, 'GET /plain HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-A: 2\r\nConnection: close\r\n\r\n')
    expect(last?.headers['x-a']).toBe('1, 2')
  })

  test.each([
    ['JSON is text', 'application/json', '{"ä":1}', false],
    ['CloudEvents are text', 'application/cloudevents+json', '{}', false],
    ['broken UTF-8 is base64', 'application/json', Buffer.from([0xff]), true],
    ['other types are base64', 'application/octet-stream', 'abc', true],
  ])('%s', async (_name, type, body, isBase64Encoded) => {
    await fetch(`${server.url}/plain`, { method: 'POST', body, headers: { 'content-type': type } })
    expect(last?.isBase64Encoded).toBe(isBase64Encoded)
    expect(Buffer.from(last?.body ?? '', isBase64Encoded ? 'base64' : 'utf8')).toEqual(Buffer.from(body))
  })

  test('a greedy parameter takes the rest of the path', async () => {
    await fetch(`${server.url}/files/a/b/c.txt`)
    expect(last?.pathParameters).toEqual({ path: 'a/b/c.txt' })
  })
})

describe('an answer', () => {
  test('carries cookies and a length, and keeps the connection', async () => {
    const answer = await fetch(`${server.url}/plain`)
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(answer.headers.get('content-length')).toBe('2')
    expect(answer.headers.get('connection')).toBe('keep-alive')
  })

  test('may be base64', async () => expect(await (await fetch(`${server.url}/base64`)).text()).toBe('hi'))

  test('to an unknown path is 404, to a wrong method 405 with what is allowed', async () => {
    const nowhere = await fetch(`${server.url}/nowhere`)
    expect(nowhere.status).toBe(404)
    expect(nowhere.headers.get('content-type')).toBe('application/problem+json')
    const wrong = await fetch(`${server.url}/plain`, { method: 'DELETE' })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
    expect((await fetch(`${server.url}/items/1`, { method: 'PUT' })).headers.get('allow')).toBe('GET, HEAD')
  })

  test('to HEAD is that to GET without its body', async () => {
    const answer = await fetch(`${server.url}/plain`, { method: 'HEAD' })
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '2', ''])
    expect(last?.routeKey).toBe('GET /plain')
  })

  test.each(['http://x:1/plain?a=1', 'HTTP://x/plain?a=1'])(
    'to a target in absolute form: %s',
    async form => {
      const answer = await raw(server.port, `GET ${form} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 200/)
      expect(last).toMatchObject({ rawPath: '/plain', queryStringParameters: { a: '1' } })
    },
  )

  test.each(['*', 'ftp://x/plain', 'plain', 'http://x'])('to the target %s is 404', async form => {
    const answer = await raw(server.port, `GET ${form} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 40[04]/)
  })

  test('to a path that is not percent-encoded UTF-8 is 400', async () => {
    expect((await fetch(`${server.url}/items/%ff`)).status).toBe(400)
  })

  test('to a handler that fails is 500, and the failure is reported', async () => {
    expect((await fetch(`${server.url}/broken`)).status).toBe(500)
    expect(failures.at(-1)?.message).toBe('boom')
  })
})

describe('bounds', () => {
  test('a chunked body over the limit is 413, although it declared no length', async () => {
    const small = await start({ body: 10 })
    const chunk = '8\r\nabcdefgh\r\n'
    const head = 'POST /plain HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
    expect(await raw(small.port, `${head}${chunk}${chunk}0\r\n\r\n`)).toMatch(/^HTTP\/1.1 413/)
    await small.close()
  })

  test('a body that Expect announces too large is refused before it is sent', async () => {
    const small = await start({ body: 10 })
    const head = 'POST /plain HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n'
    expect(await raw(small.port, head)).toMatch(/^HTTP\/1.1 413/)
    await small.close()
  })

  test('a body that Expect announces is asked for', async () => {
    const head =
      'POST /plain HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi'
    expect(await raw(server.port, head)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200/)
  })

  test('bodies in flight share a budget: beyond it 503, and it comes back', async () => {
    const small = await start({ bodiesInFlight: 10 })
    const first = fetch(`${small.url}/slow`, { method: 'POST', body: '12345678' })
    await setTimeout(100)
    const second = await fetch(`${small.url}/plain`, { method: 'POST', body: '12345678' })
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1'])
    release()
    expect(await (await first).text()).toBe('late')
    expect((await fetch(`${small.url}/plain`, { method: 'POST', body: '12345678' })).status).toBe(200)
    await small.close()
  })

  test('a sender that goes away gives back its share, and nothing is reported', async () => {
    const small = await start({ bodiesInFlight: 10 })
    const before = failures.length
    const socket = connect(small.port, '127.0.0.1')
    socket.write('POST /plain HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc')
    await setTimeout(100)
    socket.destroy()
    await setTimeout(100)
    expect((await fetch(`${small.url}/plain`, { method: 'POST', body: '123456789' })).status).toBe(200)
    expect(failures.length).toBe(before)
    await small.close()
  })

  test('a request that trickles in is cut off', async () => {
    const small = await start({ headersTime: 200, requestTime: 300 })
    const answer = await raw(small.port, 'POST /plain HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc')
    expect(answer).toContain('408')
    expect(answer).toContain('"code":"late_request"')
    await small.close()
  })

  const long = 'a'.repeat(20_000)
  test.each([
    ['headers of 20,000 characters', 431, `GET /plain HTTP/1.1\r\nHost: x\r\nX-A: ${long}\r\n\r\n`],
    ['an address of 20,000 characters', 431, `GET /plain?${long} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['what is no request', 400, 'hello\r\n\r\n'],
    ['a header that is none', 400, 'GET /plain HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n'],
    [
      'two lengths',
      400,
      'POST /plain HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    ],
    ['no host', 400, 'GET /plain HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ])('%s: %i with a problem that says what is wrong', async (_name, status, request) => {
    const [head = '', body = ''] = (await raw(server.port, request)).split('\r\n\r\n')
    expect(head).toContain(`HTTP/1.1 ${status} `)
    expect(head.toLowerCase()).toContain('content-type: application/problem+json')
    expect(JSON.parse(body)).toMatchObject({ status, detail: expect.any(String) })
  })

  test('an address of a million characters is answered while it is still being sent', async () => {
    const answer = await fetch(`${server.url}/plain?${'a'.repeat(1_000_000)}`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([431, 'application/problem+json'])
  })

  test('an expectation that nobody knows is passed over', async () => {
    const request = 'GET /plain HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nConnection: close\r\n\r\n'
    expect(await raw(server.port, request)).toContain('HTTP/1.1 200 OK')
  })
})

describe('a handler that does not answer in time', () => {
  test('is answered for, and what it says later is dropped', async () => {
    const small = await start({ headersTime: 500, requestTime: 600 })
    failures.length = 0
    const answer = await fetch(`${small.url}/slow`, { method: 'POST' })
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'timeout' }])
    expect(failures).toMatchObject([{ code: 'timeout' }])
    release()
    expect((await fetch(`${small.url}/plain`)).status).toBe(200)
    failures.length = 0
    await small.close()
  })
})

describe('closing', () => {
  test('finishes what is in flight, and accepts nothing new', async () => {
    const closing = await start()
    const answer = fetch(`${closing.url}/slow`, { method: 'POST' })
    await setTimeout(100)
    const closed = closing.close()
    await expect(fetch(`${closing.url}/plain`)).rejects.toThrow()
    release()
    expect((await answer).headers.get('connection')).toBe('close')
    await closed
  })

  test('does not wait for ever', async () => {
    const closing = await start({ drainTime: 100 })
    const answer = fetch(`${closing.url}/slow`, { method: 'POST' })
    const settled = expect(answer).rejects.toThrow()
    await setTimeout(100)
    await closing.close()
    await settled
  })

  test('an address in use is a setting to change', async () => {
    const taken = startHttpServer({ host: '127.0.0.1', port: server.port, routes, report: () => undefined })
    await expect(taken).rejects.toMatchObject({ code: 'invalid_setting' })
  })
})
