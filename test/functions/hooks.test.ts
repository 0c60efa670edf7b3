import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compilePipeline } from '../../core/declare/pipeline.ts'
import { defineSource } from '../../core/declare/sources/source.ts'
import { loadDeclarations } from '../../drivers/pipeline/folder.ts'
import { FOLDER, type Platform, startPlatform } from '../local/test-platform.ts'

/** Webhooks: who signs gets in, once, and nobody else. */

const flights = defineSource({
  name: 'flights',
  door: 'hook',
  signature: { scheme: 'github', secret: 'FLIGHTS_SECRET' },
  id: '/headers/x-delivery',
  rules: [
    {
      when: { '/headers/x-event': 'landed' },
      type: 'com.tributary.flight',
      data: {
        ...{ origin: '/body/from', destination: '/body/to', distance: '/body/miles', delay: '/body/delay' },
      },
    },
    { when: { '/headers/x-event': 'ping' }, ignore: true },
  ],
})
const unset = { ...flights, name: 'unset', signature: { ...flights.signature!, secret: 'NOT_SET' } }

let platform: Platform
beforeAll(async () => {
  const sources = [flights, unset].map(declaration => ({ file: `${declaration.name}.ts`, declaration }))
  const pipeline = compilePipeline({ ...(await loadDeclarations(FOLDER)), sources })
  platform = await startPlatform({}, { pipeline, environment: { FLIGHTS_SECRET: 'right' } })
})
afterAll(() => platform.close())

const LANDED = JSON.stringify({ from: 'LAS', to: 'PHL', miles: 2176, delay: 3 })

async function call(body: string, headers: Record<string, string> = {}, secret = 'right', name = 'flights') {
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  const answer = await fetch(`${platform.url}/v1/hooks/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature, ...headers },
    body,
  })
  return [answer.status, (await answer.json()) as Record<string, unknown>] as const
}

test('a signed call is an event, and one that is to be ignored is none', async () => {
  const sent = { 'x-event': 'landed', 'x-delivery': 'd1' }
  expect(await call(LANDED, sent)).toEqual([200, { accepted: 1, rejected: [] }])
  expect(await call('{}', { 'x-event': 'ping' })).toEqual([200, { accepted: 0, rejected: [] }])
})

test('a call that is not signed with the secret of its source changes nothing', async () => {
  const [status, answer] = await call(LANDED, { 'x-event': 'landed' }, 'wrong')
  expect([status, answer['detail']]).toEqual([401, expect.stringContaining('is no signature of this body')])
  expect((await call(LANDED, {}, 'right', 'nobody'))[0]).toBe(404)
  expect(await call(LANDED, {}, 'right', 'unset')).toEqual([
    503,
    expect.objectContaining({ detail: expect.stringContaining('NOT_SET') }),
  ])
})

test('a broken event is explained to its sender, and kept without the signature', async () => {
  const broken = JSON.stringify({ from: 'LAS', to: 'PHL', miles: 'far', delay: 3 })
  expect(await call(broken, { 'x-event': 'landed', 'x-delivery': 'd2' })).toEqual([
    200,
    {
      accepted: 0,
      rejected: [expect.objectContaining({ id: 'd2', detail: expect.stringContaining('/data/distance') })],
    },
  ])
  await call('{"what":1}', { 'x-event': 'crashed', 'x-delivery': 'd3', authorization: 'Bearer secret' })
  const { events } = (await (await platform.call('GET', '/v1/rejected', 'a')).json()) as {
    events: readonly { id: string; event: { headers?: object; body?: object } }[]
  }
  const kept = events.find(({ id }) => id === 'd3')
  expect(kept?.event.body).toEqual({ what: 1 })
  expect(JSON.stringify(kept)).not.toMatch(/secret|x-hub-signature/)
})
