import { expect, test } from 'vitest'
import { snowplow } from '../../../core/doors/snowplow.ts'

const read = (data: unknown) =>
  snowplow.read({ headers: {}, body: JSON.stringify({ data }), isBase64: false, call: 'tp2' })
const event = { schema: 'iglu:x/unstruct', data: { schema: 'iglu:com.example/step', data: { n: 1 } } }

test('a self-describing event is found in plain and in base64, with its contexts', () => {
  const text = JSON.stringify(event)
  const contexts = JSON.stringify({ data: [{ schema: 'iglu:com.example/page' }] })
  const wanted = {
    id: 'one',
    time: '2026-01-01T00:00:00.000Z',
    value: { event: event.data, contexts: [{ schema: 'iglu:com.example/page' }] },
  }
  const pairs = { e: 'ue', eid: 'one', dtm: '1767225600000' }
  expect(read([{ ...pairs, ue_pr: text, co: contexts }])[0]).toMatchObject(wanted)
  const encoded = (json: string) => Buffer.from(json).toString('base64url')
  expect(read([{ ...pairs, ue_px: encoded(text), cx: encoded(contexts) }])[0]).toMatchObject(wanted)
})

test('the time that an application says goes before the clock of its device', () => {
  expect(read([{ dtm: '1', ttm: '1767225600000' }])[0]?.time).toBe('2026-01-01T00:00:00.000Z')
  expect(read([{ dtm: 'soon' }])[0]?.time).toBe('soon')
})

test('what is no object of pairs is refused by itself', () => {
  const [good, bad, broken] = read([{ e: 'se' }, 7, { e: 'ue', ue_pr: '{"cut' }])
  expect([good?.refused, bad?.refused?.code, broken?.refused]).toEqual([undefined, 'not_an_event', undefined])
  expect(broken?.value).not.toHaveProperty('event')
})
