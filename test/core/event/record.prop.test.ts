import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { receipt, receiptPrefix, receivedAt } from '../../../core/event/receipt.ts'
import { type Accepted, packRecords, RECORD_SIZE, readRecord } from '../../../core/event/record.ts'
import { hostileDraft, toEvent } from '../../arbitraries.ts'

const NOW = 1_763_720_000_123
const EPOCH = 1_763_719_200_000
const PARTITIONS = { first: 20, count: 3 }

const accepted = fc
  .array(
    fc.record({ draft: hostileDraft, hash: fc.nat(3), padding: fc.constantFrom(0, 0, 0, 9000, 40_000) }),
    {
      minLength: 1,
      maxLength: 25,
    },
  )
  .map(all =>
    all.map(({ draft, hash, padding }, index): Accepted => {
      const event = { ...toEvent(draft), padding: 'p'.repeat(padding) }
      return {
        type: draft.type,
        hash,
        idHash: 0,
        time: index * 1000 - 5000,
        json: JSON.stringify(event),
        index,
      }
    }),
  )

const pack = (events: readonly Accepted[], size?: number) =>
  packRecords(events, EPOCH, PARTITIONS, receiptPrefix(NOW, 'abc123', 7), size)

describe('packing events into records', () => {
  test('loses, repeats and changes nothing, and says which event is where', () => {
    fc.assert(
      fc.property(accepted, events => {
        const packed = pack(events)
        expect(packed.flatMap(({ indexes }) => indexes).toSorted((a, b) => a - b)).toEqual(
          events.map(e => e.index),
        )
        for (const { record, indexes } of packed) {
          const read = readRecord(record.data)
          expect(record.count).toBe(read.length)
          read.forEach((event, i) => {
            const { tbreceipt, tbepoch, tbtime, tbpartition, ...sent } = event
            const { json, time } = events[indexes[i]!]!
            expect(sent).toEqual(JSON.parse(json))
            expect([tbepoch, tbtime, tbpartition]).toEqual([EPOCH, time, record.partition])
            expect(receivedAt(tbreceipt)).toBe(NOW)
          })
        }
      }),
    )
  })

  test('puts events of one type, partition and epoch together, in the order they came', () => {
    fc.assert(
      fc.property(accepted, events => {
        for (const { record, indexes } of pack(events)) {
          const members = indexes.map(index => events[index]!)
          expect(new Set(members.map(({ type, hash }) => `${type} ${20 + (hash % 3)}`))).toEqual(
            new Set([`${record.type} ${record.partition}`]),
          )
          expect(record.epoch).toBe(EPOCH)
          expect(indexes).toEqual(indexes.toSorted((a, b) => a - b))
        }
      }),
    )
  })

  test.each([RECORD_SIZE, 1_000, 100_000])(
    'fills records up to %i characters and no further, unless one event alone is larger',
    size => {
      fc.assert(
        fc.property(accepted, events => {
          for (const { record } of pack(events, size)) {
            const receiptsAtMost = 130 * record.count
            if (record.count > 1) expect(record.data.length).toBeLessThanOrEqual(size + receiptsAtMost)
          }
        }),
      )
      const small = Array.from({ length: 1000 }, (_, index) => ({
        ...{ type: 'a.b', hash: 0, idHash: 0, time: 0, json: `{"id":"${index}"}`, index },
      }))
      const sizes = pack(small, size).map(({ record }) => record.data.length)
      expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(size - 200)
    },
  )

  test('ends every line with a line break and has none inside', () => {
    fc.assert(
      fc.property(accepted, events => {
        for (const { record } of pack(events)) {
          expect(record.data.endsWith('\n')).toBe(true)
          expect(record.data.split('\n')).toHaveLength(record.count + 1)
        }
      }),
    )
  })

  test('numbers receipts in the order of the stream', () => {
    fc.assert(
      fc.property(accepted, events => {
        const receipts = pack(events).flatMap(({ record }) => readRecord(record.data).map(e => e.tbreceipt))
        expect(receipts).toEqual(receipts.toSorted())
        expect(new Set(receipts).size).toBe(receipts.length)
      }),
    )
  })
})

describe('receipts', () => {
  test('sort by time, then by request, then by place, as text', () => {
    const place = fc.record({
      ms: fc.integer({ min: 1e12, max: 9e12 }),
      request: fc.nat(36 ** 7 - 1),
      at: fc.nat(46_655),
    })
    const of = ({ ms, request, at }: { ms: number; request: number; at: number }) =>
      receipt(receiptPrefix(ms, 'abc123', request), at)
    fc.assert(
      fc.property(place, place, (a, b) => {
        const expected = Math.sign(a.ms - b.ms || a.request - b.request || a.at - b.at)
        const [x, y] = [of(a), of(b)]
        expect(x < y ? -1 : x > y ? 1 : 0).toBe(expected)
      }),
    )
  })

  test('look as documented', () => {
    expect(receipt(receiptPrefix(1_763_720_000_123, 'k3x9a0', 31), 3)).toBe(
      '1763720000123-k3x9a0-000000v-003',
    )
  })
})

test.each(['', '\n', 'x\n', '{}\n{\n', '{"a":1}{"b":2}\n'])(
  'a record %j that is not lines of JSON is refused',
  data => {
    expect(() => readRecord(data)).toThrow(SyntaxError)
  },
)
