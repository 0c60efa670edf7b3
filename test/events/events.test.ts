import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnswerOf } from '../../functions/table.ts'
import { badEvent } from '../console/world.ts'
import { type EventsWorld, flight, type Listed, namesOf, startEventsWorld, watchEvents } from './world.ts'

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
  for (let i = 0; i < 6; i++)
    await world.send([flight(`list-${i}`, {}, { origin: i % 2 === 0 ? 'LAS' : 'JFK', delay: i })])
  await world.send([flight('list-3', {}, { origin: 'JFK', delay: 3 }), badEvent({ id: 'list-bad' })])
  await inRawLake('list-3')
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

/** Of the events that are sent to be listed. */
async function list(query = '', key?: string): Promise<Listed> {
  const asked = query.includes('text=') ? query : `text=list-&${query}`
  const { status, body } = await world.ask(`/v1/events?${asked}`, key)
  expect([status, body]).toEqual([200, expect.anything()])
  return body as unknown as Listed
}

describe('what came in', () => {
  test('is listed newest first, with what became of it', async () => {
    expect(namesOf(await list())).toEqual([
      ...['list-bad rejected', 'list-3 duplicate', 'list-5 accepted', 'list-4 accepted'],
      ...['list-3 accepted', 'list-2 accepted', 'list-1 accepted', 'list-0 accepted'],
    ])
  })

  test.each([
    ['text=st-3', ['list-3 duplicate', 'list-3 accepted']],
    ['verdict=duplicate', ['list-3 duplicate']],
    ['verdict=rejected', ['list-bad rejected']],
    ['verdict=accepted&where.origin=LAS', ['list-4 accepted', 'list-2 accepted', 'list-0 accepted']],
    ['where.delay=4&where.delay=5', ['list-5 accepted', 'list-4 accepted']],
    ['source=/nowhere', []],
    ['type=com.tributary.trip', []],
    ['until=2026-01-01', []],
  ])('is found by %s', async (query, expected) => {
    expect(namesOf(await list(query))).toEqual(expected)
  })

  test('comes page by page, each event once', async () => {
    const seen: string[] = []
    let before = ''
    for (let page = 0; page < 20; page++) {
      const found = await list(`limit=3${before === '' ? '' : `&before=${before}`}`)
      seen.push(...namesOf(found))
      if (found.next === null) break
      before = found.next
    }
    expect(seen).toEqual(namesOf(await list()))
  })

  test('is the same after a run has refined it', async () => {
    const before = namesOf(await list())
    await world.published()
    expect(namesOf(await list())).toEqual(before)
  }, 60_000)

  test('is of a key that is limited as if nothing else were there', async () => {
    const ofRows = namesOf(await list('', 'rows-key'))
    expect(ofRows).toEqual(['list-4 accepted', 'list-2 accepted', 'list-0 accepted'])
    expect(namesOf(await list('', 'types-key'))).toEqual([])
    expect(namesOf(await list('', 'read-key'))).not.toContain('list-bad rejected')
  })

  test.each([
    ['verdict=lost', 400, 'give one of accepted, duplicate, rejected'],
    ['where.orign=LAS', 400, 'did you mean where.origin?'],
    ['before=page-2', 400, '"before" names no page'],
    ['limit=0', 400, '"limit" must be a whole number'],
  ])('is not asked for by %s', async (query, status, detail) => {
    const refused = await world.ask(`/v1/events?${query}`)
    expect([refused.status, refused.body['detail']]).toEqual([status, expect.stringContaining(detail)])
  })

  test('is not told by a condition on what is masked, nor are rejected events', async () => {
    const masked = await world.ask('/v1/events?type=com.tributary.customer&where.id=1', 'read-key')
    expect([masked.status, masked.body['detail']]).toEqual([403, expect.stringContaining('id is sensitive')])
    expect((await world.ask('/v1/events?verdict=rejected', 'read-key')).status).toBe(403)
  })
})

describe('what comes in', () => {
  test('is told as it does, to whoever wants it, with its verdict', async () => {
    const [all, ofJfk, ofRows] = [
      watchEvents(world.url, ''),
      watchEvents(world.url, 'where.origin=JFK'),
      watchEvents(world.url, '', 'rows-key'),
    ]
    await Promise.all([all, ofJfk, ofRows].map(one => one.opened))
    const id = `tail-${Date.now()}`
    await world.send([flight(id), flight(id), flight(`${id}-jfk`, {}, { origin: 'JFK' })])
    await world.send([badEvent({ id: `${id}-bad` })])
    const expected = [`${id} accepted`, `${id} duplicate`, `${id}-bad rejected`, `${id}-jfk accepted`]
    await expect.poll(() => all.told().sort(), { timeout: 10_000 }).toEqual(expected)
    expect(ofJfk.told()).toEqual([`${id}-jfk accepted`])
    expect(ofRows.told().sort()).toEqual([`${id} accepted`, `${id} duplicate`])
  })

  test('is refused to a key that may not read, and for a filter that means nothing', async () => {
    expect((await world.ask('/v1/events/stream', 'write-key')).status).toBe(403)
    expect((await world.ask('/v1/events/stream?verdict=lost')).status).toBe(400)
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

/** The raw lake is a moment behind the stream. */
async function inRawLake(id: string): Promise<void> {
  for (let i = 0; i < 100; i++, await sleep(50))
    if ((await list(`text=${id}&verdict=duplicate`)).events.length > 0) return
  throw new Error('it did not come to the raw lake')
}
