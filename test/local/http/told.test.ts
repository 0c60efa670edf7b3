import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flight, type Platform, startPlatform } from '../test-platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform.close())

async function send(events: readonly object[], key = 'w') {
  const answer = await fetch(`${platform.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const delayed = (id: string, delay: number, more: object = {}) => {
  const event = flight(id)
  return { ...event, ...more, data: { ...(event['data'] as object), delay } }
}

describe('the answer to events that were taken', () => {
  test('tells an id that came with other content, with both receipts, and nothing of one sent again', async () => {
    expect((await send([delayed('a', 1), delayed('b', 1)])).body).toEqual({ accepted: 2, rejected: [] })
    expect((await send([delayed('a', 1), delayed('b', 1)])).body).toEqual({ accepted: 2, rejected: [] })
    const { status, body } = await send([delayed('c', 1), delayed('a', 2)])
    const receipt = expect.stringMatching(/^\d{13}-test00-/)
    expect({ status, body }).toEqual({
      status: 202,
      body: { accepted: 2, conflicting: [{ index: 1, id: 'a', receipt, earlier: receipt }], rejected: [] },
    })
    const [{ receipt: later, earlier }] = body['conflicting'] as [{ receipt: string; earlier: string }]
    expect(platform.stored(earlier)).toContain('"delay":1')
    expect(platform.stored(later)).toContain('"delay":2')
  })

  test('tells a conflict to nobody but whose events they are', async () => {
    await send([delayed('mine', 1)])
    expect((await send([delayed('mine', 2)], 'a')).body).not.toHaveProperty('conflicting')
  })

  test('knows nothing of an event that was refused', async () => {
    platform.refusals.push([{ kind: 'refused', reason: 'full', retryAfterSeconds: 1 }])
    expect((await send([delayed('refused', 1)])).status).toBe(503)
    expect((await send([delayed('refused', 2)])).body).not.toHaveProperty('conflicting')
  })

  test('tells numbers of a source that have not been seen, rejected events being seen', async () => {
    const numbered = (n: number, more: object = {}) =>
      delayed(`n${n}`, 1, { source: '/numbered', sequence: String(n), ...more })
    expect((await send([numbered(2), numbered(1)])).body).not.toHaveProperty('unseen')
    const { body } = await send([numbered(6), { ...numbered(3), data: {} }])
    const since = expect.stringMatching(/^20\d\d-/)
    expect(body).toMatchObject({ accepted: 1, unseen: [{ source: '/numbered', from: 4, to: 5, since }] })
    expect((await send([numbered(4)])).body).not.toHaveProperty('unseen')
  })

  test('tells fields that no contract names, each time', async () => {
    const gated = (id: string) => {
      const event = flight(id)
      return { ...event, data: { ...(event['data'] as object), gate: 'A1' } }
    }
    for (const id of ['g1', 'g2'])
      expect((await send([gated(id)])).body).toMatchObject({
        undeclared: [{ type: 'com.tributary.flight', fields: ['gate'] }],
      })
  })
})
