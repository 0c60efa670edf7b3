import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROUTES, type RouteKey } from '../../functions/table.ts'
import { BATCH, flight, type Platform, startPlatform } from '../local/test-platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
  await call('POST /v1/runs', '{"machine":"batch"}')
  await call('POST /v1/events', JSON.stringify([flight('good'), flight('bad', { data: {} })]))
})
afterAll(() => platform.close())

/** What stands for the parameters of paths. */
const EXAMPLES: Readonly<Record<string, string>> = {
  ...{ name: 'flights_daily', type: 'com.tributary.flight', version: '1', id: 'run-0' },
}

const addressOf = (path: string) => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => EXAMPLES[name] ?? name)

function call(key: RouteKey, body?: string) {
  const [method = '', path = ''] = key.split(' ')
  const type = key === 'POST /v1/events' ? BATCH : { 'content-type': 'application/json' }
  return platform.call(method, addressOf(path), 'a', body, body === undefined ? {} : type)
}

test.each(Object.keys(ROUTES) as RouteKey[])('%s answers what the description says', async key => {
  expect((await call(key)).status).toBeLessThan(500)
})

test.each(Object.keys(ROUTES) as RouteKey[])('%s refuses what it cannot read as described', async key => {
  const [method = '', path = ''] = key.split(' ')
  const calls = [
    ...(method === 'POST' ? [call(key, '{')] : []),
    platform.call(method, `${addressOf(path)}?nobody=knows`, 'a'),
    platform.call(method, addressOf(path), 'nobody'),
    platform.call(method, addressOf(path), 'w'),
    platform.call('PATCH', addressOf(path), 'a'),
    platform.call(method, `${addressOf(path)}/x`, 'a'),
  ]
  for (const answer of await Promise.all(calls)) expect(answer.status).toBeLessThan(500)
})

test.each([
  ['POST /v1/events', JSON.stringify([flight('one'), flight('two', { time: 'noon' })]), 202],
  ['POST /v1/events', JSON.stringify([flight('three', { data: {} })]), 422],
  ['POST /v1/events', 'x', 400],
  ['POST /v1/runs', '{"machine":"delivery","input":{"month":"2026-01"}}', 202],
  ['POST /v1/runs', '{"machine":"replay","input":{"from":"2026-01-01T00:00:00Z"}}', 400],
  ['POST /v1/rejected/replay', '{"type":"com.tributary.flight"}', 200],
] as const)('%s %s is answered as described', async (key, body, status) => {
  expect((await call(key, body)).status).toBe(status)
})

test('events that are refused for now are answered with what to send again, as described', async () => {
  platform.refusals.push([{ kind: 'refused', reason: 'full', retryAfterSeconds: 1 }])
  expect((await call('POST /v1/events', JSON.stringify([flight('later')]))).status).toBe(503)
})

test('an answer that is not as described is found', async () => {
  const lying = await startPlatform({}, { health: async () => ({ status: 'fine', parts: {} }) as never })
  await expect(lying.call('GET', '/v1/health')).rejects.toThrow('GET /v1/health is not as described')
  await lying.close()
})
