import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnswerOf } from '../../functions/table.ts'
import { badEvent } from '../console/world.ts'
import { type EventsWorld, flight, startEventsWorld } from './world.ts'

/** Shown as text wherever it stands, or else it runs. */
const HOSTILE = '<img src=x onerror="window.wasRun=1"> "\\ %2F/ ü'

let world: EventsWorld
beforeAll(async () => {
  world = await startEventsWorld()
  const hostile = { source: HOSTILE, time: '2026-03-01T13:00:00Z' }
  await world.send([
    flight('sent-twice'),
    flight('sent-twice', {}, { origin: 'JFK' }),
    flight(HOSTILE, hostile, { origin: '<b>"', destination: '\\%/' }),
    flight('of-jfk', {}, { origin: 'JFK' }),
    // Two events: an id is one of its source and type.
    flight('shared', { source: '/a' }),
    flight('shared', { source: '/b' }),
    badEvent({ id: 'was-rejected' }),
  ])
})
afterAll(() => world.close())

type Journey = AnswerOf<'GET /v1/events/{id}'>

async function journeyOf(id: string, key?: string, query = ''): Promise<Journey> {
  const { status, body } = await world.ask(`/v1/events/${encodeURIComponent(id)}${query}`, key)
  expect([status, body]).toEqual([200, expect.anything()])
  return body as unknown as Journey
}

describe('an event that was just taken in', () => {
  test('is found at once, and says what it waits for', async () => {
    const id = `fresh-${Date.now()}`
    await world.send([flight(id)])
    const [event] = (await journeyOf(id)).events
    expect(event).toMatchObject({
      ...{ id, type: 'com.tributary.flight', source: '/events', verdict: 'accepted', curated: null },
      receipts: [{ verdict: 'accepted', countedBy: null }],
      stream: { position: { sequence: expect.stringMatching(/^\d+$/), index: 0 } },
      values: { origin: 'LAS', destination: 'PHL', distance: 2176, delay: 33 },
    })
    expect(['speed', 'raw', 'epoch', 'run']).toContain(event?.waitsFor)
  })

  test('that came twice has both receipts, of which the first one counts', async () => {
    const [event] = (await journeyOf('sent-twice')).events
    const [first, second] = event!.receipts
    expect(first).toMatchObject({ verdict: 'accepted', countedBy: null })
    expect(second).toMatchObject({ verdict: 'duplicate', countedBy: first?.receipt })
    expect(event?.values).toMatchObject({ origin: 'LAS' })
  })

  test('is told apart from others by its source and its type', async () => {
    expect((await journeyOf('shared')).events.map(one => one.source)).toEqual(['/a', '/b'])
    expect((await journeyOf('shared', 'admin-key', '?source=/b')).events).toHaveLength(1)
    expect((await world.ask('/v1/events/shared?type=com.tributary.trip')).status).toBe(404)
  })

  test('that was rejected says why to an admin, and only that it was to others', async () => {
    const { rejected, events } = await journeyOf('was-rejected')
    expect(events).toEqual([])
    expect(rejected).toMatchObject([
      { code: 'schema_violation', detail: expect.stringContaining('distance'), replayed: false },
    ])
    const [told] = (await journeyOf('was-rejected', 'read-key')).rejected
    expect(told).toMatchObject({ code: 'schema_violation' })
    expect(told).not.toHaveProperty('detail')
  })
})

describe('a key with limits', () => {
  test('is answered as of no event where it is not among its rows, or of its types', async () => {
    const refused = async (id: string, key: string) => {
      const { status, body } = await world.ask(`/v1/events/${id}`, key)
      return [
        status,
        String(body['detail'])
          .replaceAll(id, 'ID')
          .replaceAll(/[\d-]+T[\d:.]+Z/g, 'AT'),
      ]
    }
    for (const key of ['rows-key', 'types-key'])
      for (const id of ['of-jfk', 'was-rejected'])
        expect(await refused(id, key)).toEqual(await refused('is-no-event', key))
  })

  test('is told of its rows alone, and not that the id came with another one', async () => {
    const [event] = (await journeyOf('sent-twice', 'rows-key')).events
    expect(event?.receipts).toHaveLength(1)
    expect(event).toMatchObject({ verdict: 'accepted', stream: { position: null } })
    const metrics = event!.cells.map(({ metric }) => metric)
    expect(metrics).toEqual(['flights_daily', 'routes_hourly'])
  })

  test('that may not read is refused', async () => {
    expect((await world.ask('/v1/events/sent-twice', 'write-key')).status).toBe(403)
  })
})

describe('an event that a run has published', () => {
  beforeAll(async () => {
    await world.published()
    await untilPublished(HOSTILE)
  }, 60_000)

  test('has a curated row with the values that were sent, whatever they are', async () => {
    const [event] = (await journeyOf(HOSTILE)).events
    const values = { origin: '<b>"', destination: '\\%/', distance: 2176, delay: 33 }
    expect(event).toMatchObject({
      ...{ id: HOSTILE, source: HOSTILE, values, waitsFor: null },
      curated: { file: expect.stringMatching(/^curated\/.*\.parquet$/), values },
      raw: { file: expect.stringMatching(/^raw\/.*\.ndjson$/) },
      stream: { isApplied: true },
      epoch: { isClosed: true, run: expect.any(String) },
    })
  })

  test('is among the events of every cell that it moved, and what it adds is what the cell has', async () => {
    const [event] = (await journeyOf(HOSTILE)).events
    const cells = event!.cells
    expect(cells.map(({ metric }) => metric)).toEqual(['flights_daily', 'routes_hourly'])
    for (const { metric, start, group, values, layer } of cells) {
      expect(layer).toBe('batch')
      const query = `at=${start}&group=${encodeURIComponent(JSON.stringify(group))}`
      const { body } = await world.ask(`/v1/metrics/${metric}/explain?${query}`)
      // Nothing else is in this group.
      expect(body).toMatchObject({ addsUp: true, values, events: { total: 1, first: [{ id: HOSTILE }] } })
    }
  })

  test('and came again is a duplicate of what was counted', async () => {
    const id = 'sent-twice'
    await world.send([flight(id)])
    const receipts = (await journeyOf(id)).events[0]!.receipts
    expect(receipts.map(({ verdict }) => verdict)).toEqual(['accepted', 'duplicate', 'duplicate'])
    expect(receipts[2]).toMatchObject({ countedBy: receipts[0]?.receipt })
  })
})

test('a question that means nothing is refused by name', async () => {
  const refused = async (query: string) => (await world.ask(`/v1/events/x?${query}`)).body['detail']
  expect(await refused('since=noon')).toMatch(/"since" must be a date or an instant/)
  expect(await refused('since=2026-01-02&until=2026-01-01')).toMatch(/"since" is after "until"/)
  expect(await refused('sinse=1')).toMatch(/parameter "sinse" is not known/)
})

async function untilPublished(id: string): Promise<void> {
  for (let i = 0; i < 300; i++, await sleep(100))
    if ((await journeyOf(id)).events[0]?.waitsFor === null) return
  throw new Error('no run has published it')
}
