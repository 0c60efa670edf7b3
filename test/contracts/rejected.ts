import { describe, expect, test } from 'vitest'
import type { Rejected, RejectedEvent } from '../../core/ports/rejected.ts'

const NOON = Date.UTC(2026, 0, 31, 12)

/** A rejection received so many ms after noon. */
export function rejection(n: number, more: Partial<RejectedEvent> = {}): RejectedEvent {
  return {
    receipt: `${NOON + n}-test00-0000000-${String(n).padStart(5, '0')}`,
    receivedAt: NOON + n,
    type: n % 2 === 0 ? 'even' : 'odd',
    id: `id-${n}`,
    code: 'schema_violation',
    detail: '/data must have required property "x"',
    event: `{"id":"id-${n}","text":"line\\nbreak ü"}`,
    ...more,
  }
}

/**
 * What every engine of the port must do. `open` gives an empty store. Where events are listed some time after
 * they were put, `settle` waits until all that was put is listed, and what is put next lies behind it.
 */
export function rejectedContract(
  name: string,
  open: () => Promise<Rejected>,
  settle: () => Promise<void> = async () => {},
): void {
  describe(`rejected events in ${name}`, () => {
    test('an empty store lists nothing', async () => {
      expect(await (await open()).list({ limit: 10 })).toEqual({ events: [], next: undefined })
    })

    test('events come back whole, oldest first', async () => {
      const rejected = await open()
      await rejected.put([rejection(1), rejection(2, { type: undefined, id: undefined })])
      await settle()
      await rejected.put([rejection(3)])
      await settle()
      const { events, next } = await rejected.list({ limit: 10 })
      expect(events).toMatchObject([
        rejection(1),
        rejection(2, { type: undefined, id: undefined }),
        rejection(3),
      ])
      expect(next).toBeUndefined()
    })

    test('pages go on where the one before stopped, also while events come in', async () => {
      const rejected = await open()
      await rejected.put([0, 1, 2, 3, 4].map(n => rejection(n)))
      await settle()
      const first = await rejected.list({ limit: 3 })
      expect(first.events.map(one => one.id)).toEqual(['id-0', 'id-1', 'id-2'])
      await rejected.put([rejection(5)])
      await settle()
      const rest = await rejected.list({ limit: 10, after: first.next! })
      expect(rest.events.map(one => one.id)).toEqual(['id-3', 'id-4', 'id-5'])
    })

    test('a list can be narrowed to a type and a time', async () => {
      const rejected = await open()
      await rejected.put([0, 1, 2, 3, 4].map(n => rejection(n)))
      await settle()
      const ids = async (query: { type?: string; from?: number }) =>
        (await rejected.list({ ...query, limit: 10 })).events.map(one => one.id)
      expect(await ids({ type: 'odd' })).toEqual(['id-1', 'id-3'])
      expect(await ids({ from: NOON + 3 })).toEqual(['id-3', 'id-4'])
    })

    test('many writers at once lose nothing', async () => {
      const rejected = await open()
      await Promise.all(Array.from({ length: 200 }, (_, n) => rejected.put([rejection(n)])))
      await settle()
      const { events } = await rejected.list({ limit: 1000 })
      expect(new Set(events.map(one => one.receipt)).size).toBe(200)
    })

    test('a replayed rejection stays listed, and marking it again is harmless', async () => {
      const rejected = await open()
      await rejected.put([rejection(0)])
      await settle()
      await rejected.markReplayed([rejection(0).receipt])
      await rejected.markReplayed([rejection(0).receipt])
      expect((await rejected.list({ limit: 10 })).events).toHaveLength(1)
    })

    test('a cursor that is none names no page', async () => {
      await expect((await open()).list({ limit: 1, after: '../x' })).rejects.toMatchObject({
        code: 'bad_request',
      })
    })
  })
}
