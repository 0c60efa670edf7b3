import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { packRecords } from '../../../core/event/record.ts'
import { createIdHash } from '../../../core/memory/id-hash.ts'
import { createRecentEvents, type RecentEvents } from '../../../core/memory/recent-events.ts'

type Sent = { readonly id: string; readonly [name: string]: unknown }

let requests = 0

/** Notes the events of a request, and answers id, this receipt's place and the earlier one of conflicts. */
function note(recent: RecentEvents, sent: readonly Sent[], from: string | null = 'shop') {
  const idHashOf = createIdHash()
  const events = sent.map((each, index) => {
    const event = { specversion: '1.0', source: '/shop', type: 'com.example.order', ...each }
    const json = JSON.stringify(event)
    return { type: event.type, hash: 0, idHash: idHashOf(event.source, event.id), time: 0, json, index }
  })
  const sender = recent.senderOf(from ?? undefined)
  const prefix = `1763720000123-k3x9a0-${String(requests++).padStart(7, '0')}-`
  const records = packRecords(events, 0, { first: 0, count: 1 }, prefix)
  return recent
    .note(records, sender)
    .map(({ record, ...one }) => ({ ...one, place: records[record]!.indexes[one.place]! }))
}

const order = (id: string, amount: unknown, more: object = {}): Sent => ({ id, data: { amount }, ...more })

describe('an id that comes again', () => {
  test('with other content is told with both receipts, and each time', () => {
    const recent = createRecentEvents()
    const at = requests
    expect(note(recent, [order('a', 1), order('b', 2)])).toEqual([])
    const receipts = [at, at + 1, at + 2].map(n => `1763720000123-k3x9a0-${String(n).padStart(7, '0')}-000`)
    const [first, second, third] = receipts
    expect(note(recent, [order('a', 7)])).toEqual([{ place: 0, id: 'a', receipt: second, earlier: first }])
    expect(note(recent, [order('a', 7)])).toEqual([{ place: 0, id: 'a', receipt: third, earlier: first }])
  })

  test('within a request, too', () => {
    expect(note(createRecentEvents(), [order('a', 1), order('a', 2)])).toMatchObject([{ place: 1, id: 'a' }])
    expect(note(createRecentEvents(), [order('a', 1), order('a', 2)], null)).toHaveLength(1)
  })

  test('with the same content is none, however its keys are ordered and what is not set is said', () => {
    const recent = createRecentEvents()
    note(recent, [{ id: 'a', subject: 's', data: { x: 1, y: [{ z: null }] } }])
    expect(
      note(recent, [{ data: { y: [{ z: null }], x: 1 }, id: 'a', subject: 's', traceparent: null }]),
    ).toEqual([])
    expect(note(recent, [{ id: 'a', subject: 's', data: { x: 1, y: [{}] } }])).toHaveLength(1)
  })

  test('of another source, type or sender is another one', () => {
    const recent = createRecentEvents()
    note(recent, [order('a', 1)])
    expect(note(recent, [order('a', 2, { source: '/other' })])).toEqual([])
    expect(note(recent, [order('a', 2, { type: 'com.example.visit' })])).toEqual([])
    expect(note(recent, [order('a', 2)], 'another key')).toEqual([])
    expect(note(recent, [order('a', 2)], null)).toEqual([])
    expect(note(recent, [order('a', 3)], null)).toEqual([])
  })

  test('is known as long as its event is among the last ones, and its text is', () => {
    const recent = createRecentEvents({ events: 16, characters: 100_000 })
    note(recent, [order('a', 1)])
    note(
      recent,
      Array.from({ length: 15 }, (_, i) => order(`b${i}`, 1)),
    )
    expect(note(recent, [order('a', 2)])).toHaveLength(1)
    note(recent, [order('c', 1)])
    expect(note(recent, [order('a', 2)])).toEqual([])
    const short = createRecentEvents({ events: 1024, characters: 5000 })
    note(short, [order('a', 1)])
    for (let i = 0; i < 50; i++) note(short, [order(`b${i}`, 'x'.repeat(300))])
    expect(note(short, [order('a', 2)])).toEqual([])
    // Larger than all that is remembered.
    expect(note(short, [order('large', 'x'.repeat(9000)), order('large', 2)])).toEqual([])
  })

  test('costs little where somebody has found ids of one hash', () => {
    const recent = createRecentEvents()
    const sender = recent.senderOf('shop')
    const packed = packRecords(
      Array.from({ length: 300 }, (_, index) => {
        const json = JSON.stringify({ specversion: '1.0', source: '/s', type: 't', id: `i${index}` })
        return { type: 't', hash: 0, idHash: 1, time: 0, json, index }
      }),
      ...([0, { first: 0, count: 1 }, '1763720000123-k3x9a0-0000000-', 1e6] as const),
    )[0]!
    const started = performance.now()
    for (let n = 0; n < 20; n++) expect(recent.note([packed], sender)).toEqual([])
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('is told exactly where a plain memory would tell it', () => {
    const event = fc.record({
      id: fc.constantFrom('a', 'b', 'ü', '日', '"'),
      amount: fc.constantFrom(1, 2, '→'),
    })
    fc.assert(
      fc.property(fc.array(fc.array(event, { maxLength: 8 }), { maxLength: 12 }), sent => {
        const recent = createRecentEvents({ events: 256, characters: 200_000 })
        const first = new Map<string, unknown>()
        for (const batch of sent) {
          const expected = batch.flatMap(({ id, amount }, place) => {
            if (!first.has(id)) first.set(id, amount)
            return first.get(id) === amount ? [] : [[place, id]]
          })
          const found = note(
            recent,
            batch.map(({ id, amount }) => order(id, amount)),
          )
          expect(found.map(({ place, id }) => [place, id])).toEqual(expected)
        }
      }),
    )
  })
})
