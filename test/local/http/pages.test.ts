import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Platform, startPlatform } from '../../../local/platform.ts'
import { readSettings } from '../../../local/settings.ts'
import { BATCH, flight, startPlatform as startInMemory } from '../test-platform.ts'

const SHOP = 'https://shop.example'
const EVIL = 'https://evil.example'
/** Found again wherever it is written. */
const KEY = 'page-1f6b'

let platform: Platform
let folder: string
let log = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-pages-'))
  const settings = readSettings({
    ...{ TRIBUTARY_DATA: folder, TRIBUTARY_WAREHOUSE: 'off', PORT: '0' },
    TRIBUTARY_KEYS: `admin:k,write:w-1f6b,browser:${KEY}`,
    TRIBUTARY_ORIGINS: `${SHOP},http://localhost:3000`,
  })
  const lines = new Writable({
    write(chunk, _encoding, done) {
      log += String(chunk)
      done()
    },
  })
  platform = await startPlatform(settings, pino({ level: 'trace' }, lines), error => {
    throw error
  })
  await platform.ready
}, 60_000)
afterAll(async () => {
  await platform.close()
  await rm(folder, { recursive: true, force: true })
})

const ask = (path: string, init: RequestInit = {}) => fetch(platform.url + path, init)
const preflight = (path: string, origin: string, more: Record<string, string> = {}) =>
  ask(path, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', ...more },
  })
const corsOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'))
const beacon = (body: string, headers: Record<string, string> = {}, query = `?key=${KEY}`) =>
  ask(`/v1/beacon${query}`, { method: 'POST', body, headers: { origin: SHOP, ...headers } })

describe('a page of an allowed origin', () => {
  test('may send with every header, and is told so for two hours', async () => {
    const answer = await preflight('/v1/events', SHOP, {
      'access-control-request-headers': 'authorization,content-type',
    })
    expect([answer.status, await answer.text(), corsOf(answer)]).toEqual([
      ...[204, ''],
      {
        'access-control-allow-origin': SHOP,
        'access-control-allow-methods': 'GET, HEAD, POST',
        'access-control-allow-headers': 'authorization, content-type, content-encoding, *',
        'access-control-expose-headers':
          'etag, retry-after, www-authenticate, allow, ratelimit, ratelimit-policy',
        'access-control-max-age': '7200',
        vary: 'origin',
      },
    ])
    expect(corsOf(await preflight('/v1/runs', SHOP))['access-control-allow-methods']).toBe('GET, HEAD, POST')
  })

  test('may call a machine of its own network', async () => {
    const answer = await preflight('/v1/events', SHOP, { 'access-control-request-private-network': 'true' })
    expect(corsOf(answer)['access-control-allow-private-network']).toBe('true')
  })

  test('may read every answer, also refusals', async () => {
    const headers = { origin: SHOP, ...BATCH }
    const post = (more: object) => ask('/v1/events', { method: 'POST', ...more })
    const answers = [
      await post({ body: '[]', headers: { ...headers, authorization: `Bearer ${KEY}` } }),
      await post({ body: '[]', headers }),
      await post({ body: '{', headers: { ...headers, authorization: `Bearer ${KEY}` } }),
      await ask('/nowhere', { headers }),
      await ask('/v1/events', { method: 'PUT', headers }),
      await ask('/v1/health', { headers }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([202, 401, 400, 404, 405, 200])
    for (const answer of answers)
      expect(corsOf(answer)).toEqual({
        'access-control-allow-origin': SHOP,
        'access-control-expose-headers':
          'etag, retry-after, www-authenticate, allow, ratelimit, ratelimit-policy',
        vary: 'origin',
      })
  })
})

describe('an answer to what is too large to be read as a request', () => {
  const large = (origin: string) => ask('/v1/events', { headers: { origin, 'x-large': 'x'.repeat(20_000) } })

  test('may be read by a page of an allowed origin, as any other', async () => {
    const answer = await large(SHOP)
    expect([answer.status, corsOf(answer)]).toEqual([
      431,
      {
        'access-control-allow-origin': SHOP,
        'access-control-expose-headers':
          'etag, retry-after, www-authenticate, allow, ratelimit, ratelimit-policy',
        vary: 'origin',
      },
    ])
  })

  test('is kept from other pages', async () => {
    expect(corsOf(await large(EVIL))).toEqual({ vary: 'origin' })
  })
})

describe('a page of another origin', () => {
  test.each([EVIL, 'null', `${SHOP}.evil.example`, 'http://shop.example', `${SHOP}, ${EVIL}`])(
    '%s is refused, with the reason, and the log says so',
    async origin => {
      const answer = await preflight('/v1/events', origin)
      expect([answer.status, await answer.json(), corsOf(answer)]).toEqual([
        403,
        expect.objectContaining({
          code: 'origin_not_allowed',
          detail: expect.stringContaining('TRIBUTARY_ORIGINS'),
        }),
        { vary: 'origin' },
      ])
      await preflight('/v1/events', origin)
      const told = log.split('\n').filter(line => line.includes(`"origin":${JSON.stringify(origin)}`))
      expect(told).toEqual([expect.stringMatching(/requests of pages are refused: .*TRIBUTARY_ORIGINS/)])
    },
  )

  test("may not use a browser's key, in a header or in an address; programs may", async () => {
    const send = (headers: Record<string, string>) =>
      ask('/v1/events', { method: 'POST', body: '[]', headers: { ...BATCH, ...headers } })
    const authorization = `Bearer ${KEY}`
    expect((await send({ authorization, origin: EVIL })).status).toBe(403)
    expect((await beacon('[]', { origin: EVIL })).status).toBe(403)
    expect((await send({ authorization })).status).toBe(202)
    // A key that nobody else knows is not for pages; whoever has it may say anything of itself.
    const other = await send({ authorization: 'Bearer w-1f6b', origin: EVIL })
    expect([other.status, corsOf(other)]).toEqual([202, { vary: 'origin' }])
  })

  test('is not asked about where the question is none', async () => {
    expect((await ask('/v1/events', { method: 'OPTIONS', headers: { origin: SHOP } })).status).toBe(405)
    const nowhere = await preflight('/nowhere', SHOP)
    expect([nowhere.status, corsOf(nowhere)['access-control-allow-origin']]).toEqual([404, SHOP])
  })
})

test('a platform without origins says nothing of pages, and one with all of them lets every page in', async () => {
  const closed = await startInMemory()
  const answer = await fetch(`${closed.url}/v1/health`, { headers: { origin: SHOP } })
  expect(corsOf(answer)).toEqual({})
  const asked = { origin: SHOP, 'access-control-request-method': 'POST' }
  const refused = await fetch(`${closed.url}/v1/events`, { method: 'OPTIONS', headers: asked })
  expect([refused.status, corsOf(refused)]).toEqual([403, {}])
  await closed.close()
})

describe('a beacon', () => {
  const one = (id: string) => JSON.stringify(flight(id))

  test.each<[string, string, Record<string, string>]>([
    ['an event as text', one('b1'), { 'content-type': 'text/plain;charset=UTF-8' }],
    ['a batch as text', ` [${one('b2')}]`, { 'content-type': 'text/plain;charset=UTF-8' }],
    ['an event of no type', one('b3'), { 'content-type': '' }],
    ['an event as JSON', one('b4'), { 'content-type': 'application/json' }],
    ['an event as such', one('b5'), { 'content-type': 'application/cloudevents+json' }],
    ['text that is not ASCII', one('bü'), { 'content-type': 'text/plain' }],
  ])('takes %s', async (_name, body, headers) => {
    const answer = await beacon(body, headers)
    expect([answer.status, await answer.json()]).toMatchObject([202, { accepted: 1, rejected: [] }])
  })

  test('refuses what cannot be events as elsewhere, and text at the other door', async () => {
    expect((await beacon('{"a"', { 'content-type': 'text/plain' })).status).toBe(400)
    expect((await beacon(one('x'), { 'content-type': 'text/plain; charset=latin1' })).status).toBe(415)
    expect((await beacon('a=1', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415)
    expect((await beacon('{}', { 'content-type': 'text/plain' })).status).toBe(422)
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'text/plain' }
    expect((await ask('/v1/events', { method: 'POST', body: one('x'), headers })).status).toBe(415)
  })

  test('alone may have a key in its address, and says where else somebody tries', async () => {
    const said = async (path: string, init: RequestInit = {}) => {
      const answer = await ask(path, init)
      return [answer.status, ((await answer.json()) as { detail: string }).detail]
    }
    const post = { method: 'POST', body: '[]', headers: BATCH }
    expect(await said(`/v1/events?key=${KEY}`, post)).toEqual([401, expect.stringContaining('/v1/beacon')])
    expect(await said('/v1/health?key=k')).toEqual([400, expect.stringContaining('"key" is not known')])
    expect(await said('/v1/metrics?key=k')).toEqual([401, expect.stringContaining('Authorization')])
  })
})

test('no key of an address is in the log, in metrics or in an answer', async () => {
  const addresses = [`/v1/beacon?key=${KEY}`, '/v1/beacon?key=w-1f6b', '/v1/beacon?key=x-1f6b']
  const wrong = ['/v1/beacon/x?key=x-1f6b', '/v1/events?key=x-1f6b', '/v1/beacon?key=x-1f6b&key=x-1f6b']
  const bodies = ['[', '{}', '[]', 'x'.repeat(300_000)]
  let said = ''
  for (const path of [...addresses, ...wrong, `/v1/beacon?other=1&key=${KEY}`, `/v1/beacon?key=${KEY}&é=%ff`])
    for (const body of bodies)
      for (const method of ['POST', 'PUT', 'OPTIONS']) {
        const answer = await ask(path, { method, body, headers: { origin: EVIL, referer: path } })
        said += JSON.stringify([...answer.headers]) + (await answer.text())
      }
  const bearer = { headers: { authorization: 'Bearer k' } }
  for (const path of ['/metrics', '/v1/health', '/openapi.json'])
    said += await (await ask(path, bearer)).text()
  expect(said).toContain('tributary_http_requests_total')
  expect(said + log).not.toContain('1f6b')
})
