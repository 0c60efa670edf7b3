import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnswerOf } from '../../functions/table.ts'
import { badEvent } from '../console/world.ts'
import { type EventsWorld, flight, startEventsWorld } from './world.ts'

type Listed = AnswerOf<'GET /v1/events'>

let world: EventsWorld
beforeAll(async () => {
  world = await startEventsWorld('3s')
  for (let i = 0; i < 6; i++)
    await world.send([flight(`list-${i}`, {}, { origin: i % 2 === 0 ? 'LAS' : 'JFK', delay: i })])
  await world.send([flight('list-3', {}, { origin: 'JFK', delay: 3 }), badEvent({ id: 'list-bad' })])
  await inRawLake('list-3')
})
afterAll(() => world.close())

async function list(query = '', key?: string): Promise<Listed> {
  const { status, body } = await world.ask(`/v1/events?${query}`, key)
  expect([status, body]).toEqual([200, expect.anything()])
  return body as unknown as Listed
}

const namesOf = ({ events }: Listed) => events.map(({ id, verdict }) => `${id} ${verdict}`)

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
    const [all, ofJfk, ofRows] = [watch(''), watch('where.origin=JFK'), watch('', 'rows-key')]
    await Promise.all([all, ofJfk, ofRows].map(one => one.opened))
    const id = `tail-${Date.now()}`
    await world.send([flight(id), flight(id), flight(`${id}-jfk`, {}, { origin: 'JFK' })])
    await world.send([badEvent({ id: `${id}-bad` })])
    const expected = [`${id} accepted`, `${id} duplicate`, `${id}-bad rejected`, `${id}-jfk accepted`]
    await expect.poll(() => all.told().sort(), { timeout: 10_000 }).toEqual(expected)
    expect(ofJfk.told()).toEqual([`${id}-jfk accepted`])
    expect(ofRows.told().sort()).toEqual([`${id} accepted`, `${id} duplicate`])
    for (const one of [all, ofJfk, ofRows]) one.end()
  })

  test('is refused to a key that may not read, and for a filter that means nothing', async () => {
    expect((await world.ask('/v1/events/stream', 'write-key')).status).toBe(403)
    expect((await world.ask('/v1/events/stream?verdict=lost')).status).toBe(400)
  })
})

/** A listener, and what it was told so far. */
function watch(query: string, key = 'admin-key') {
  const ending = new AbortController()
  const told: string[] = []
  let open = (): void => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  const read = async () => {
    const answer = await fetch(`${world.url}/v1/events/stream?${query}`, {
      headers: { authorization: `Bearer ${key}` },
      signal: ending.signal,
    })
    let text = ''
    for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
      open()
      text += part
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks)
        if (block.startsWith('event: events'))
          told.push(...namesOf(JSON.parse(block.slice(block.indexOf('data: ') + 6)) as Listed))
    }
  }
  read().catch((error: unknown) => {
    if (!ending.signal.aborted) throw error
  })
  return { opened, told: () => [...told], end: () => ending.abort() }
}

/** The raw lake is a moment behind the stream. */
async function inRawLake(id: string): Promise<void> {
  for (let i = 0; i < 100; i++, await sleep(50))
    if ((await list(`text=${id}&verdict=duplicate`)).events.length > 0) return
  throw new Error('it did not come to the raw lake')
}
