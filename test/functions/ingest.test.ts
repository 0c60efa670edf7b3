import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { json } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { CloudEvent, emitterFor, HTTP, httpTransport, Mode } from 'cloudevents'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BATCH, flight, type Platform, SINGLE, startPlatform } from '../local/test-platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform.close())

const post = (body: string | Uint8Array, headers: Record<string, string> = BATCH, key = 'w') =>
  platform.call('POST', '/v1/events', key, body, headers)

describe('the CloudEvents SDK', () => {
  const event = (id: string) => new CloudEvent({ ...flight(id), specversion: '1.0' } as never)

  test.each([
    ['binary', Mode.BINARY],
    ['structured', Mode.STRUCTURED],
  ])('sends an event in %s mode', async (name, mode) => {
    const emit = emitterFor(httpTransport(`${platform.url}/v1/events`), { mode })
    const answer = (await emit(event(`sdk-${name}`), {
      headers: { authorization: 'Bearer w' },
    } as never)) as {
      body: string
    }
    expect(JSON.parse(answer.body)).toEqual({ accepted: 1, rejected: [] })
    expect(platform.events().at(-1)).toMatchObject({ id: `sdk-${name}`, data: { origin: 'LAS' } })
  })

  test('makes structured events that go as a batch', async () => {
    const bodies = ['sdk-1', 'sdk-2'].map(id => HTTP.structured(event(id)).body)
    const answer = await post(`[${bodies.join(',')}]`)
    expect(answer.status).toBe(202)
    expect(await answer.json()).toEqual({ accepted: 2, rejected: [] })
  })
})

test('a batch is accepted in part, and what is rejected is listed and kept', async () => {
  const answer = await post(JSON.stringify([flight('a'), flight('b', { data: {} }), 7]))
  expect(answer.status).toBe(202)
  expect(await answer.json()).toMatchObject({
    accepted: 1,
    rejected: [
      { index: 1, id: 'b', code: 'schema_violation' },
      { index: 2, id: null, code: 'not_an_event' },
    ],
  })
  const { events } = await platform.rejected.list({ limit: 100 })
  expect(events.map(one => one.code)).toEqual(expect.arrayContaining(['schema_violation', 'not_an_event']))
})

describe('what clients leave out or write in another way', () => {
  const binary = (id: string) => {
    const { data: _, ...attributes } = flight(id) as Record<string, unknown>
    return Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [`ce-${name}`, String(value)]),
    )
  }
  const data = JSON.stringify(flight('').data)
  const one = (id: string) => JSON.stringify(flight(id))

  test.each<[string, string, Record<string, string>, string]>([
    ['mark', `\ufeff${one('mark')}`, SINGLE, 'a byte order mark'],
    ['marks', `\ufeff[${one('marks')}]`, BATCH, 'a byte order mark before a batch'],
    ['ascii', one('ascii'), { 'content-type': `${SINGLE['content-type']}; charset=us-ascii` }, 'US-ASCII'],
    ['blank', one('blank'), { 'content-type': `${SINGLE['content-type']} ; charset=UTF-8` }, 'a blank'],
    ['untyped', data, binary('untyped'), 'no content type in binary mode'],
    [
      'bytes',
      JSON.stringify({
        ...flight('bytes'),
        data: undefined,
        data_base64: Buffer.from(data).toString('base64'),
      }),
      SINGLE,
      'data as bytes',
    ],
  ])('is taken: %s', async (id, body, headers) => {
    const sent = typeof body === 'string' ? Buffer.from(body) : body
    expect((await post(sent, headers)).status).toBe(202)
    expect(platform.events().at(-1)).toMatchObject({ id, data: flight('').data })
  })
})

describe('an attribute in two headers', () => {
  /** Sends headers as they are, which fetch would join. */
  const send = async (contentType: string, body: string, ...headers: readonly string[]) => {
    const sent = request(`${platform.url}/v1/events`, {
      method: 'POST',
      headers: [
        ...['host', 'x', 'authorization', 'Bearer w', 'content-type', contentType],
        ...['content-length', String(Buffer.byteLength(body)), ...headers],
      ],
    })
    sent.end(body)
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    return { status: answer.statusCode, body: await json(answer) }
  }
  const { data, ...attributes } = flight('once') as Record<string, unknown>
  const single = Object.entries(attributes).flatMap(([name, value]) => [`ce-${name}`, String(value)])

  test.each(['ce-id', 'CE-Source', 'ce-type', 'ce-traceparent'])('%s is refused by name', async name => {
    const before = platform.events().length
    const twice = [...single, 'ce-traceparent', 'a', name, 'another']
    expect(await send('application/json', JSON.stringify(data), ...twice)).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining(`the header ${name.toLowerCase()} is there twice`) },
    })
    expect(platform.events()).toHaveLength(before)
  })

  test('other headers may come twice, and those that a structured event does not have read', async () => {
    expect(
      await send('application/json', JSON.stringify(data), ...single, 'x-a', '1', 'x-a', '2'),
    ).toMatchObject({
      status: 202,
    })
    const headers = ['ce-id', 'one', 'ce-id', 'two']
    const whole = JSON.stringify(flight('structured'))
    expect(await send(SINGLE['content-type']!, whole, ...headers)).toMatchObject({ status: 202 })
    expect(platform.events().at(-1)).toMatchObject({ id: 'structured' })
  })
})

test('an empty batch is accepted, and holds nothing', async () => {
  const answer = await post('[]')
  expect([answer.status, await answer.json()]).toEqual([202, { accepted: 0, rejected: [] }])
})

test.each([
  [
    'one',
    [flight('x', { type: 'com.nobody' })],
    'the event was rejected by unknown_contract: type "com.nobody"',
  ],
  ['two', [flight('x', { data: {} }), 3], 'all 2 events were, the first by schema_violation: '],
])(
  'when every event of %s is rejected the answer is a problem that explains it',
  async (_, events, detail) => {
    const answer = await post(JSON.stringify(events))
    expect([answer.status, answer.headers.get('content-type')]).toEqual([422, 'application/problem+json'])
    expect(await answer.json()).toMatchObject({
      ...{ code: 'all_rejected', status: 422, detail: expect.stringContaining(detail) },
      ...{ accepted: 0, rejected: events.map((_, index) => ({ index, detail: expect.any(String) })) },
    })
  },
)

describe('one event in binary and in structured mode', () => {
  const text = 'café 日本 50%'
  const binary = (id: string, source: string) =>
    post(JSON.stringify(flight('').data), {
      'content-type': 'application/json',
      'ce-specversion': '"1.0"',
      'ce-id': id,
      'ce-source': source,
      'ce-type': flight('').type,
      'ce-time': `"${flight('').time}"`,
    })

  test.each([
    ['percent-encoded', encodeURIComponent],
    ['raw UTF-8', (one: string) => Buffer.from(one).toString('latin1')],
    ['quoted raw UTF-8', (one: string) => `"${Buffer.from(one).toString('latin1')}"`],
  ])('has one identity, where headers are %s', async (_, write) => {
    expect((await binary(write(text), write(`/${text}`))).status).toBe(202)
    const structured = { ...flight(text), source: `/${text}` }
    expect((await post(JSON.stringify([structured]))).status).toBe(202)
    const sent = platform.events().slice(-2)
    expect(sent.map(({ id, source }) => [id, source])).toEqual([
      [text, `/${text}`],
      [text, `/${text}`],
    ])
  })

  test.each([
    ['a header that is no UTF-8', { 'ce-subject': 'caf\u00e9' }],
    ['a header of what the body is', { 'ce-data': '1' }],
    ['a header of what the content type is', { 'ce-datacontenttype': 'application/json' }],
  ])('is refused with %s', async (_, headers) => {
    const { data, ...attributes } = flight('refused') as Record<string, unknown>
    const names = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, String(value)])
    const all = { 'content-type': 'application/json', ...Object.fromEntries(names), ...headers }
    expect((await post(JSON.stringify(data), all)).status).toBe(400)
  })
})

test('a gzip body is read whole: behind padding too, and not where it goes on as something else', async () => {
  const zipped = (text: string) => gzipSync(text)
  const zip = { ...BATCH, 'content-encoding': 'gzip' }
  const [one, two] = [JSON.stringify(flight('padded-1')), JSON.stringify(flight('padded-2'))]
  const members = [zipped(`[${one},`), Buffer.alloc(512), zipped(`${two}]`), Buffer.alloc(9)]
  const answer = await post(Buffer.concat(members), zip)
  expect([answer.status, await answer.json()]).toEqual([202, { accepted: 2, rejected: [] }])
  for (const rest of [zipped('this is not read'), Buffer.from('this is no gzip')])
    expect((await post(Buffer.concat([zipped(`[${one}]`), Buffer.alloc(64), rest]), zip)).status).toBe(400)
})

test('a gzip body is inflated', async () => {
  const body = gzipSync(JSON.stringify([flight('zip')]))
  const answer = await post(body, { ...BATCH, 'content-encoding': 'gzip' })
  expect(answer.status).toBe(202)
})

test('events that the stream refuses are listed to be sent again', async () => {
  platform.refusals.push([{ kind: 'refused', reason: 'disk_full', retryAfterSeconds: 7 }])
  const answer = await post(JSON.stringify([7, flight('again')]))
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7'])
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(await answer.json()).toMatchObject({
    status: 503,
    code: 'overloaded',
    detail: expect.stringMatching(/^the disk of the platform is full: make room .* send .* again$/),
    accepted: 0,
    rejected: [{ index: 0 }],
    retry: [{ index: 1, id: 'again' }],
  })
  expect(platform.failures.splice(0)).toMatchObject([{ code: 'overloaded' }])
})

test.each([
  ['lagging', /catching up/],
  ['storage_failed', /cannot write to its disk/],
  ['ThrottlingException', /takes no more for now \(ThrottlingException\)/],
])('a sender is told that the stream refuses because of %s', async (reason, words) => {
  platform.refusals.push([{ kind: 'refused', reason, retryAfterSeconds: 1 }])
  expect(await (await post(JSON.stringify([flight('later')]))).json()).toHaveProperty(
    'detail',
    expect.stringMatching(words),
  )
  expect(platform.failures.splice(0)).toHaveLength(1)
})

describe('hostile input', () => {
  const nested = (open: string, close: string) => open.repeat(1_000_000) + close.repeat(1_000_000)
  const text = JSON.stringify(flight('h'))
  const gz = gzipSync(JSON.stringify([flight('cut')]))
  const zip = { ...BATCH, 'content-encoding': 'gzip' }

  test.each<[string, number, string | Uint8Array, Record<string, string>]>([
    ['NaN', 400, text.replace('33', 'NaN'), SINGLE],
    ['half a document', 400, text.slice(0, -5), SINGLE],
    ['an empty body', 400, '', SINGLE],
    ['a batch that is no array', 400, text, BATCH],
    ['broken UTF-8', 400, Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d]), BATCH],
    ['broken UTF-8 in gzip', 400, gzipSync(Buffer.from([0x22, 0xff, 0x22])), zip],
    ['gzip that is cut off', 400, gz.subarray(0, gz.length - 9), zip],
    ['gzip that is no gzip', 400, '[]', zip],
    ['gzip with a flipped bit', 400, gz.map((byte, i) => (i === gz.length - 12 ? byte ^ 0xff : byte)), zip],
    ['a gzip bomb', 413, gzipSync(Buffer.alloc(200 * 1024 * 1024, '[')), zip],
    ['a body over 10 MB', 413, 'x'.repeat(10 * 1024 * 1024 + 1), BATCH],
    ['10,001 events', 413, `[${Array(10_001).fill('0').join(',')}]`, BATCH],
    ['another content encoding', 415, '[]', { ...BATCH, 'content-encoding': 'br' }],
    ['another content type', 415, '[]', { 'content-type': 'text/plain' }],
    ['another charset', 415, '[]', { 'content-type': 'application/cloudevents-batch+json; charset=latin1' }],
    ['a million open brackets', 400, '['.repeat(1_000_000), BATCH],
    ['a million nested arrays', 422, nested('[', ']'), BATCH],
    ['a million nested arrays in data', 422, text.replace('33', nested('[', ']')), SINGLE],
    ['__proto__ in data', 422, text.replace('"delay"', '"__proto__":{"x":1},"delay"'), SINGLE],
    ['__proto__ beside the attributes', 422, text.replace('{', '{"__proto__":{},'), SINGLE],
    ['an unsafe integer', 422, text.replace('33', '9007199254740993'), SINGLE],
    ['a number beyond doubles', 422, text.replace('33', '1e999'), SINGLE],
  ])(
    '%s is answered with %i',
    async (_name, status, body, headers) => {
      const answer = await post(body, headers)
      expect(answer.status).toBe(status)
      const answered = (await answer.json()) as Record<string, unknown>
      expect(answered).toMatchObject({ status, title: expect.any(String) })
      expect(platform.failures).toEqual([])
      expect((await post(JSON.stringify([flight('after')]))).status).toBe(202)
    },
    20_000,
  )

  test('__proto__ pollutes nothing', () => {
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  test('no answer repeats what was in the body', async () => {
    const answer = await post('[{"secret": hunter2]')
    expect(await answer.text()).not.toContain('hunter2')
  })
})

describe('keys', () => {
  test.each([
    ['no key', undefined, 401],
    ['an unknown key', 'nobody', 401],
    ['a key that may only read', 'r', 403],
    ['a key that may write', 'w', 202],
    ['a key that may do everything', 'a', 202],
  ])('%s is answered with %i', async (_name, key, status) => {
    const answer = await platform.call('POST', '/v1/events', key, '[]', BATCH)
    expect(answer.status).toBe(status)
    expect(answer.headers.has('www-authenticate')).toBe(status === 401 || status === 403)
  })

  test('another scheme than Bearer is no key', async () => {
    const headers = { ...BATCH, authorization: 'Basic dzp3' }
    expect((await platform.call('POST', '/v1/events', undefined, '[]', headers)).status).toBe(401)
  })
})

test('the answer counts accepted events with a number of more decimal places than its contract keeps', async () => {
  const place = { latitude: 52.52, longitude: 13.405 }
  const trip = (id: string, trip_duration: number) => ({
    ...flight(id),
    type: 'com.tributary.trip',
    data: {
      ...{ hoverboard_id: 1, customer_id: 2, trip_duration, start_location: place, end_location: place },
      ...{ start_time_and_date: null, end_time_and_date: '2001-01-01T12:00:00Z' },
    },
  })
  const events = [trip('exact', 19.999), trip('rounded', 19.9999999), trip('bad', Number.NaN)]
  const answer = await post(JSON.stringify(events))
  expect([answer.status, await answer.json()]).toMatchObject([
    202,
    { accepted: 2, rounded: 1, rejected: [{ index: 2 }] },
  ])
})
