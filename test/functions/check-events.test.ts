import { afterAll, beforeAll, expect, test } from 'vitest'
import { BATCH, flight, type Platform, SINGLE, startPlatform } from '../local/test-platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform.close())

const check = async (body: unknown, headers = SINGLE, key = 'w') => {
  const answer = await platform.call('POST', '/v1/events/check', key, JSON.stringify(body), headers)
  return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> }
}

test('says what would be stored of an event: version, partition, undeclared fields, the event itself', async () => {
  const event = flight('one', { data: { ...flight('').data, gate: 'B7' }, subject: null })
  expect(await check(event)).toEqual({
    status: 200,
    body: {
      verdicts: [
        {
          ...{ index: 0, id: 'one', type: 'com.tributary.flight', verdict: 'accepted', version: 1 },
          ...{ partition: expect.any(Number), rounded: false, undeclared: ['gate'], event },
        },
      ],
    },
  })
})

test('tells of undeclared fields each time, and leaves the telling of ingest alone', async () => {
  const event = flight('again', { data: { ...flight('').data, terminal: 3 } })
  for (let i = 0; i < 3; i++)
    expect((await check(event)).body).toMatchObject({ verdicts: [{ undeclared: ['terminal'] }] })
})

test.each<[string, unknown, string, string]>([
  [
    'a field of another kind',
    flight('a', { data: { ...flight('').data, distance: 'far' } }),
    'schema_violation',
    '/data/distance',
  ],
  ['a field that is missing', flight('a', { data: {} }), 'schema_violation', '/data'],
  ['an attribute', flight('a', { time: 'yesterday' }), 'invalid_attribute', '/time'],
  ['a type without a contract', flight('a', { type: 'com.example.none' }), 'unknown_contract', '/type'],
  ['a version that is not there', flight('a', { dataschema: '/9' }), 'unknown_contract', '/dataschema'],
  ['a key with a slash', flight('a', { data: { 'a/b~c': '\ud800' } }), 'schema_violation', '/data'],
  ['what is no event', 7, 'not_an_event', ''],
])('says where %s is wrong, and what to do', async (_, event, code, place) => {
  const { body } = await check([event], BATCH)
  const remedy = expect.stringMatching(/\.$/)
  expect(body).toMatchObject({ verdicts: [{ verdict: 'rejected', code, place, remedy }] })
})

test('stores, counts and keeps nothing', async () => {
  const before = platform.events().length
  await check([flight('x'), flight('y', { data: {} }), 7], BATCH)
  expect(platform.events()).toHaveLength(before)
  expect((await platform.rejected.list({ limit: 10 })).events).toEqual([])
  // The key's own quota is three events a day, of which none was sent.
  for (let i = 0; i < 3; i++)
    expect((await check([flight('q1'), flight('q2')], BATCH, 'small')).status).toBe(200)
  const sent = await platform.call('POST', '/v1/events', 'small', JSON.stringify([flight('q')]), BATCH)
  expect(sent.status).toBe(202)
})

test("keeps to the key's types, as ingest does, and asks for the scope write", async () => {
  const other = await check(flight('o'), SINGLE, 'others')
  expect(other.body).toMatchObject({ verdicts: [{ code: 'type_not_allowed', place: '/type' }] })
  expect((await check(flight('o'), SINGLE, 'r')).status).toBe(403)
})

test('refuses what cannot be read as ingest refuses it, and more than a hundred events', async () => {
  const raw = (body: string, headers: Record<string, string>, path: string) =>
    platform.call('POST', path, 'w', body, headers)
  for (const [body, headers] of [
    ['{', SINGLE],
    ['{}', BATCH],
    ['[]', { 'content-type': 'text/plain' }],
  ] as const) {
    const [sent, checked] = await Promise.all(
      ['/v1/events', '/v1/events/check'].map(path => raw(body, headers, path)),
    )
    const [a, b] = [await sent!.json(), await checked!.json()]
    expect([checked!.status, b]).toEqual([sent!.status, a])
  }
  const many = Array.from({ length: 101 }, (_, i) => flight(`${i}`))
  expect(await check(many, BATCH)).toMatchObject({
    status: 413,
    body: { detail: expect.stringContaining('give 100') },
  })
})
