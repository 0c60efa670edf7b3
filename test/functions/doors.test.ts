import { afterAll, beforeAll, expect, test } from 'vitest'
import { LARGEST_ITEM } from '../../core/doors/segment.ts'
import { DOORS } from '../../core/doors/table.ts'
import { type Platform, startPlatform } from '../local/test-platform.ts'

/** Doors of a platform that declares no source: whatever comes is kept, and no answer ends a client. */

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform.close())

const basic = (key: string) => ({ authorization: `Basic ${btoa(`${key}:`)}` })

async function post(path: string, body: unknown, headers: Record<string, string>) {
  const answer = await fetch(`${platform.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return [answer.status, await answer.json()] as const
}

type Rejected = { readonly rejected: readonly { index: number; id: string | null; code: string }[] }

test('a batch is answered 200 with every item that could be no event, each with its reason', async () => {
  const batch = [
    { type: 'track', messageId: 'one', event: 'A', timestamp: '2026-01-01T00:00:00Z' },
    'no object',
    { type: 'track', messageId: 'large', event: 'A', properties: { text: 'x'.repeat(LARGEST_ITEM) } },
  ]
  const [status, answer] = await post('/v1/batch', { batch }, basic('w'))
  expect([status, (answer as Rejected).rejected.map(({ index, id, code }) => [index, id, code])]).toEqual([
    200,
    [
      [0, 'one', 'unknown_contract'],
      [1, null, 'not_an_event'],
      [2, 'large', 'too_large'],
    ],
  ])
})

test('rejected items are kept as they were sent', async () => {
  await post('/v1/track', { messageId: 'kept', event: 'B' }, basic('w'))
  const answer = await platform.call('GET', '/v1/rejected?limit=1000', 'a')
  const { events } = (await answer.json()) as { events: readonly { id: string; event: unknown }[] }
  expect(events.find(({ id }) => id === 'kept')?.event).toEqual({
    ...{ messageId: 'kept', event: 'B', type: 'track' },
  })
})

test('a key is taken where the client has it, and in a path that of a page alone', async () => {
  const statusOf = async (path: string, headers: Record<string, string>) =>
    (await post(path, { batch: [] }, headers))[0]
  expect(await statusOf('/v1/batch', basic('w'))).toBe(200)
  expect(await statusOf('/v1/batch', { authorization: 'Bearer w' })).toBe(200)
  expect(await statusOf('/v1/batch', basic('nobody'))).toBe(401)
  expect(await statusOf('/v1/batch', basic('r'))).toBe(403)
  expect(await statusOf('/api/s/track', { 'x-write-key': 'id:nobody' })).toBe(401)
  expect(await statusOf('/api/s/s2s/track', { 'x-write-key': 'id:w' })).toBe(200)
  expect(await statusOf('/v1/segment/b/t', {})).toBe(200)
  expect(await statusOf('/v1/segment/w/t', {})).toBe(403)
  expect(await statusOf('/v1/segment/nobody/t', {})).toBe(401)
  // Basic authentication is for doors alone.
  expect(await statusOf('/v1/events', basic('w'))).toBe(401)
})

test('Jitsu, which sends one event at a time and prints what it is refused with, is told so', async () => {
  const key = { 'x-write-key': 'id:w' }
  expect(await post('/api/s/track', { messageId: 'j', event: 'B' }, key)).toEqual([
    422,
    expect.objectContaining({ accepted: 0, detail: expect.stringContaining("door: 'segment'") }),
  ])
})

test('what is no JSON is refused without a word of it', async () => {
  for (const route of Object.keys(DOORS)) {
    const path = route.split(' ')[1]!.replace('{key}', 'b').replace('{call}', 'track')
    const key = path.includes('/b/') ? {} : { authorization: 'Bearer w' }
    const [status, answer] = await post(path, '{"secret', key)
    expect([path, status, JSON.stringify(answer)]).toEqual([
      path,
      400,
      expect.not.stringContaining('secret"'),
    ])
  }
})
