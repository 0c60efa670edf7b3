import { describe, expect, test, vi } from 'vitest'
import type { MetricAnswer } from '../../../console/data/api.ts'
import { afterEvent } from '../../../console/data/following/followed.ts'
import { TributaryError } from '../../../core/errors.ts'
import { createEventReader, type ServerEvent } from '../../../core/follow/server-events.ts'
import { createFollow, type FollowPorts } from '../../../steps/follow/follow.ts'
import type { MetricAnswer as Answered } from '../../../steps/query-metric.ts'

/** A metric with a number a window, which a test changes. */
function createWorld(ports: Partial<FollowPorts> = {}) {
  const values = new Map<number, number>([[0, 1]])
  const world = { mark: 0, now: 0, boundary: null as string | null, failure: undefined as Error | undefined }
  const ask = vi.fn(async (): Promise<Answered> => {
    if (world.failure !== undefined) throw world.failure
    const rows = [...values].map(([minute, trips]) => ({
      ...{ window: `2026-01-31T12:${String(minute).padStart(2, '0')}:00Z`, group: {}, values: { trips } },
    }))
    const { boundary } = world
    return {
      ...{ metric: 'trips', window: 'minute', rows },
      provenance: { boundary, run: null, asOf: new Date(world.now).toISOString(), lagMs: 3 },
    }
  })
  const reports: TributaryError[] = []
  const follow = createFollow({
    ...{ changeMark: async () => String(world.mark), listeners: 5000, process: 'p', now: () => world.now },
    ...{ pause: async () => undefined, report: failure => void reports.push(failure), ...ports },
  })
  const set = (minute: number, value: number) => {
    values.set(minute, value)
    world.mark++
  }
  return { world, values, set, ask, follow, reports }
}

/** Somebody who reads. */
async function reader(
  { follow, ask }: ReturnType<typeof createWorld>,
  {
    key = 'q',
    lastId,
    stillMay = () => undefined,
  }: { key?: string; lastId?: string; stillMay?: () => void } = {},
) {
  const state = {
    answer: undefined as MetricAnswer | undefined,
    isSlow: false,
    isEnded: false,
    isDestroyed: false,
  }
  const events: ServerEvent[] = []
  const texts: string[] = []
  let ready = () => {}
  let closed = () => {}
  const read = createEventReader(event => {
    events.push(event)
    state.answer = afterEvent(state.answer, event)
  })
  const attach = await follow.open({ key, metric: 'm', ask })
  attach({
    ...{ lastId, stillMay },
    outlet: {
      write(bytes) {
        const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()
        texts.push(text)
        read(text)
        return !state.isSlow
      },
      onReady: again => {
        ready = again
      },
      onClose: tell => {
        closed = tell
      },
      end: () => {
        state.isEnded = true
        closed()
      },
      destroy: () => {
        state.isDestroyed = true
        closed()
      },
    },
  })
  return {
    state,
    events,
    texts,
    ready: () => ready(),
    leave: () => closed(),
    names: () => events.map(one => one.name),
  }
}

describe('readers of one question', () => {
  test('share its answer: a thousand of them ask once for each change, and nothing where nothing changed', async () => {
    const world = createWorld()
    const readers = await Promise.all(Array.from({ length: 1000 }, () => reader(world)))
    expect(world.ask).toHaveBeenCalledTimes(1)
    await world.follow.look()
    expect(world.ask).toHaveBeenCalledTimes(1)
    world.set(1, 5)
    await world.follow.look()
    await world.follow.look()
    expect(world.ask).toHaveBeenCalledTimes(2)
    for (const { names, state } of readers) {
      expect(names()).toEqual(['snapshot', 'change'])
      expect(state.answer?.rows.map(row => row.values['trips'])).toEqual([1, 5])
    }
  })

  test('are told the changed rows alone, and of a boundary that moved without any', async () => {
    const world = createWorld()
    const { events } = await reader(world)
    world.set(0, 2)
    await world.follow.look()
    world.world.boundary = '2026-01-31T12:00:00Z'
    world.world.mark++
    await world.follow.look()
    world.values.delete(0)
    world.set(7, 1)
    await world.follow.look()
    const said = events.slice(1).map(({ name, data }) => ({ name, ...JSON.parse(data) }))
    const row = { window: '2026-01-31T12:00:00Z', group: {} }
    expect(said).toMatchObject([
      { name: 'change', rows: [{ at: 0, ...row, values: { trips: 2 } }], removed: [] },
      { name: 'boundary', rows: [], removed: [], provenance: { boundary: '2026-01-31T12:00:00Z' } },
      { name: 'change', rows: [{ at: 0, values: { trips: 1 } }], removed: [row] },
    ])
  })

  test('are told nothing where an answer is the same but for the moment it was asked at', async () => {
    const world = createWorld()
    const { names } = await reader(world)
    world.world.mark++
    world.world.now = 60_000
    await world.follow.look()
    expect(world.ask).toHaveBeenCalledTimes(2)
    expect(names()).toEqual(['snapshot'])
  })
})

describe('a reader that comes back', () => {
  test('is told what it missed, and the whole answer where that is kept no longer or was of another process', async () => {
    const world = createWorld()
    const first = await reader(world)
    await reader(world)
    const { id } = first.events[0]!
    first.leave()
    world.set(1, 5)
    await world.follow.look()
    world.set(1, 6)
    await world.follow.look()
    const missed = await reader(world, { lastId: id! })
    expect(missed.names()).toEqual(['change', 'change'])
    const nothing = await reader(world, { lastId: missed.events[1]!.id! })
    expect(nothing.names()).toEqual([])
    for (let i = 0; i < 150; i++) {
      world.set(2, i)
      await world.follow.look()
    }
    for (const lastId of [id!, 'other-0-1', 'p-0-999', 'p-0-', ''])
      expect((await reader(world, { lastId })).names()).toEqual(['snapshot'])
  })

  test('finds its question for half a minute, asked anew where something changed meanwhile', async () => {
    const world = createWorld()
    const first = await reader(world)
    const { id } = first.events[0]!
    first.leave()
    await world.follow.look()
    world.set(1, 5)
    expect((await reader(world, { lastId: id! })).names()).toEqual(['change'])
    const other = createWorld()
    const gone = await reader(other)
    gone.leave()
    other.world.now = 31_000
    await other.follow.look()
    expect((await reader(other, { lastId: gone.events[0]!.id! })).names()).toEqual(['snapshot'])
  })
})

test('a reader that takes nothing is written nothing, catches up when it does, and is ended where it does not', async () => {
  const world = createWorld()
  const slow = await reader(world)
  slow.state.isSlow = true
  for (let i = 0; i < 200; i++) {
    world.set(1, i)
    await world.follow.look()
  }
  expect(slow.names()).toEqual(['snapshot', 'change'])
  slow.state.isSlow = false
  slow.ready()
  expect(slow.names()).toEqual(['snapshot', 'change', 'snapshot'])
  expect(slow.state.answer?.rows.at(-1)?.values['trips']).toBe(199)
  slow.state.isSlow = true
  world.set(1, 0)
  await world.follow.look()
  world.world.now = 31_000
  await world.follow.beat()
  expect(slow.state.isDestroyed).toBe(true)
  expect(world.follow.readers()).toBe(0)
})

test('silence is broken every quarter of a minute', async () => {
  const world = createWorld()
  const { texts } = await reader(world)
  world.world.now = 16_000
  await world.follow.beat()
  await world.follow.beat()
  expect(texts.filter(text => text.startsWith(':'))).toHaveLength(1)
})

describe('what is too much is refused, with what to do', () => {
  test('readers beyond the setting', async () => {
    const world = createWorld({ listeners: 2 })
    const [one] = await Promise.all([reader(world), reader(world)])
    await expect(reader(world)).rejects.toThrow(
      'there are 2 listeners, the most that TRIBUTARY_LISTENERS lets in; raise it, end some, or poll',
    )
    one!.leave()
    await reader(world)
  })

  test('more questions than are kept up; of those that nobody follows room is made', async () => {
    const world = createWorld()
    const all = []
    for (let i = 0; i < 100; i++) all.push(await reader(world, { key: `q${i}` }))
    await expect(reader(world, { key: 'one more' })).rejects.toThrow(/100 different questions/)
    all[50]!.leave()
    await reader(world, { key: 'one more' })
  })

  test('an answer that is too large, at first or when it has grown', async () => {
    const world = createWorld()
    for (let i = 0; i < 20_000; i++) world.values.set(i, i)
    const { names, events } = await reader(world)
    world.set(20_000, 1)
    await expect(reader(world, { key: 'same' })).rejects.toMatchObject({ code: 'too_large', status: 413 })
    await world.follow.look()
    expect(names()).toEqual(['snapshot', 'end'])
    expect(JSON.parse(events[1]!.data)).toMatchObject({ code: 'too_large', status: 413 })
  })
})

describe('a question that cannot be asked', () => {
  test('refuses its first reader as a query does, and leaves nothing behind', async () => {
    const world = createWorld()
    world.world.failure = new TributaryError('timeout', 'no answer')
    await expect(reader(world)).rejects.toThrow('no answer')
    world.world.failure = undefined
    expect((await reader(world)).names()).toEqual(['snapshot'])
  })

  test('is asked again; readers are told where it stays so', async () => {
    const world = createWorld()
    const { names, state } = await reader(world)
    world.world.failure = new TributaryError('timeout', 'no answer')
    world.set(1, 1)
    await world.follow.look()
    await world.follow.look()
    expect(names()).toEqual(['snapshot'])
    await world.follow.look()
    expect(names()).toEqual(['snapshot', 'end'])
    expect(state.isEnded).toBe(true)
    expect(world.reports.map(({ code }) => code)).toEqual(['timeout', 'timeout', 'timeout'])
  })
})

test('a key that is worth nothing any more ends its readers, and no others', async () => {
  const world = createWorld()
  let isGood = true
  const stillMay = () => {
    if (!isGood) throw new TributaryError('unauthenticated', 'key guest has expired; ask for a new one')
  }
  const guest = await reader(world, { stillMay })
  const other = await reader(world)
  await world.follow.beat()
  isGood = false
  await world.follow.beat()
  expect(guest.names()).toEqual(['snapshot', 'end'])
  expect(guest.state.isEnded).toBe(true)
  expect(other.state.isEnded).toBe(false)
  expect(world.follow.readers()).toBe(1)
})

test('the end of the platform ends every reader, and lets none in', async () => {
  const world = createWorld()
  const { names, state } = await reader(world)
  world.follow.close()
  expect(names()).toEqual(['snapshot', 'end'])
  expect(state.isEnded).toBe(true)
  await expect(reader(world)).rejects.toMatchObject({ code: 'unavailable' })
})
