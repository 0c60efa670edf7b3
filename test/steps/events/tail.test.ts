import { describe, expect, test } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import { markerKey } from '../../../core/event/event.ts'
import type { Listed } from '../../../steps/events/list-events.ts'
import { createTail, type TailedRecord } from '../../../steps/events/tail.ts'
import { flight } from '../../events/world.ts'
import { pipeline } from '../../local/test-platform.ts'

const TYPE = 'com.tributary.flight'
const EPOCH = Date.UTC(2026, 2, 1)
const RECORD_BYTES = 1000

type Told = { readonly events: readonly string[]; readonly leftOut: number; readonly skipped: number }

/** A stream of records of one event each, and the tail of it. */
function createWorld() {
  const records: TailedRecord[] = []
  const claims = new Map<string, { epoch: number; sequence: number; index: number }[]>()
  const failures: string[] = []
  let [clock, applied, reads, deleted] = [0, Number.POSITIVE_INFINITY, 0, 0]
  const end = () => records.length * RECORD_BYTES
  const tail = createTail({
    pipeline,
    ...{ end, applied: () => Math.min(applied, end()), accepted: () => records.length },
    read: from => {
      reads++
      if (from < deleted) throw new TributaryError('not_found', `the log begins at ${deleted}`)
      return records.slice(from / RECORD_BYTES, from / RECORD_BYTES + 1000)
    },
    claimsOf: async keys => keys.map(key => claims.get(key) ?? []),
    now: () => clock,
    span: 3_600_000,
    report: failure => void failures.push(failure.message),
  })
  return {
    tail,
    failures,
    reads: () => reads,
    sent(...ids: readonly string[]) {
      for (const id of ids) {
        const sequence = end()
        const event = { ...flight(id), tbreceipt: `1772323200000-t-${sequence}`, tbepoch: EPOCH }
        const line = JSON.stringify({ ...event, tbtime: EPOCH, tbpartition: 1 })
        records.push({
          sequence,
          next: sequence + RECORD_BYTES,
          type: TYPE,
          count: 1,
          lines: () => `${line}\n`,
        })
        const key = markerKey(flight(id))
        if (!claims.has(key)) claims.set(key, [{ epoch: EPOCH, sequence, index: 0 }])
      }
    },
    deletedTo: (place: number) => {
      deleted = place
    },
    appliedTo: (place: number) => {
      applied = place
    },
    pass: (ms: number) => {
      clock += ms
    },
    listen(isWanted: (one: Listed) => boolean = () => true, types = [TYPE]) {
      const told: Told[] = []
      let [takes, ready, isDestroyed] = [true, () => {}, false]
      const texts: string[] = []
      tail.open({ types, isWanted, show: nameOf })({
        stillMay: () => undefined,
        outlet: {
          write(text) {
            texts.push(String(text))
            if (String(text).startsWith('event: events'))
              told.push(JSON.parse(String(text).split('data: ')[1]!) as Told)
            return takes
          },
          onReady: then => {
            ready = then
          },
          ...{ onClose: () => undefined, end: () => undefined },
          destroy: () => {
            isDestroyed = true
          },
        },
      })
      const stop = () => {
        takes = false
      }
      const goOn = () => {
        takes = true
        ready()
      }
      return { told, texts, stop, goOn, isDestroyed: () => isDestroyed }
    },
  }
}

function nameOf(one: Listed): string {
  if (one.kind === 'rejected') return `${one.rejection.id} rejected`
  return `${one.event.id} ${one.isCounted === undefined ? 'unsettled' : one.isCounted ? 'accepted' : 'duplicate'}`
}

describe('the tail of what comes in', () => {
  test('tells each event once, with the verdict of the speed layer', async () => {
    const world = createWorld()
    world.sent('before')
    const { told } = world.listen()
    world.sent('a', 'b', 'a')
    await world.tail.look()
    await world.tail.look()
    world.sent('c')
    await world.tail.look()
    expect(told.map(({ events }) => events)).toEqual([
      ['a accepted', 'b accepted', 'a duplicate'],
      ['c accepted'],
    ])
    expect(world.failures).toEqual([])
  })

  test('reads nothing while nobody listens', async () => {
    const world = createWorld()
    world.sent('a')
    await world.tail.look()
    expect(world.reads()).toBe(0)
  })

  test('waits for the speed layer, and not for ever', async () => {
    const world = createWorld()
    const { told } = world.listen()
    world.appliedTo(0)
    world.sent('a')
    await world.tail.look()
    expect(told).toEqual([])
    world.pass(2500)
    await world.tail.look()
    expect(told.map(({ events }) => events)).toEqual([['a accepted']])
  })

  test('tells a reader who takes nothing how many were left out, and then goes on', async () => {
    const world = createWorld()
    const { told, stop, goOn } = world.listen()
    stop()
    world.sent('a')
    await world.tail.look()
    world.sent('b', 'c')
    await world.tail.look()
    goOn()
    world.sent('d')
    await world.tail.look()
    expect(told).toEqual([
      { events: ['a accepted'], leftOut: 0, skipped: 0 },
      { events: ['d accepted'], leftOut: 2, skipped: 0 },
    ])
  })

  test('sends the newest of many, and counts the others', async () => {
    const world = createWorld()
    const { told } = world.listen()
    world.sent(...Array.from({ length: 120 }, (_, i) => `n${i}`))
    await world.tail.look()
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ leftOut: 70, events: { length: 50, 49: 'n119 accepted' } })
  })

  test('goes to the end of a stream that is faster, and says how much it passed over', async () => {
    const world = createWorld()
    const { told } = world.listen()
    world.sent(...Array.from({ length: 3000 }, (_, i) => `n${i}`))
    await world.tail.look()
    world.sent('last')
    await world.tail.look()
    expect(told.flatMap(({ events }) => events)).toEqual(['last accepted'])
    expect(told.reduce((sum, { skipped }) => sum + skipped, 0)).toBe(3000)
  })

  test('has rejected events for whoever wants them, as many as it keeps', async () => {
    const world = createWorld()
    const { told } = world.listen(one => one.kind === 'rejected')
    const why = { receipt: 'r', receivedAt: EPOCH, type: TYPE, code: 'x', detail: '', event: '{}' }
    world.tail.noteRejected(Array.from({ length: 600 }, (_, i) => ({ ...why, id: `r${i}` })))
    world.sent('a')
    await world.tail.look()
    expect(told[0]).toMatchObject({ leftOut: 450, skipped: 100, events: { length: 50 } })
  })

  test('ends who takes nothing for half a minute, and whose key has ended', async () => {
    const world = createWorld()
    const slow = world.listen()
    slow.stop()
    world.sent('a')
    await world.tail.look()
    world.pass(31_000)
    world.tail.beat()
    expect(slow.isDestroyed()).toBe(true)
  })

  test('lets in a hundred, and nobody once the platform stops', async () => {
    const world = createWorld()
    for (let i = 0; i < 100; i++) world.listen()
    expect(() => world.listen()).toThrow(/there are 100 listeners/)
    const { tail } = createWorld()
    tail.close()
    expect(() => tail.open({ types: [], isWanted: () => true, show: () => null })).toThrow(/is stopping/)
  })

  test('goes on behind what the stream has deleted, and says how much it has not looked at', async () => {
    const world = createWorld()
    const { told } = world.listen()
    await world.tail.look()
    world.sent('a', 'b')
    world.deletedTo(2 * RECORD_BYTES)
    await world.tail.look()
    world.sent('c')
    await world.tail.look()
    expect(world.failures).toEqual(['the log begins at 2000'])
    expect(told).toEqual([{ events: [expect.stringContaining('c')], leftOut: 0, skipped: 2 }])
  })
})
