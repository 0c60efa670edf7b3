import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PutOutcome, Stream, StreamRecord } from '../../core/ports/stream/stream.ts'

/** A record as a consumer gets it: the text at least, and what else the engine carries beside it. */
export type StoredRecord = Pick<StreamRecord, 'partition' | 'data'> & Partial<StreamRecord>

/** A stream engine under test, on storage of its own. */
export type StreamHarness = {
  /** The engine as it now runs; another one after `restart`. */
  stream(): Stream
  /** Everything stored, in the order in which a consumer is given it. */
  stored(): Promise<readonly StoredRecord[]>
  /** Ends the engine and starts it again on the same storage. */
  restart(): Promise<void>
  /** From now on nothing can be stored, … */
  exhaust(): Promise<void>
  /** … and now it can again. */
  relieve(): Promise<void>
  close(): Promise<void>
}

const EPOCH = Date.UTC(2026, 0, 1)

function recordOf(partition: number, data: string, type = 'page.view'): StreamRecord {
  return { partition, type, epoch: EPOCH, count: data.split('\n').length - 1, data }
}

function numbered(partition: number, from: number, records: number): readonly StreamRecord[] {
  return Array.from({ length: records }, (_, index) => recordOf(partition, `{"n":${from + index}}\n`))
}

function dataOf(records: readonly StoredRecord[], partition: number): readonly string[] {
  return records.filter(record => record.partition === partition).map(record => record.data)
}

const kinds = (outcomes: readonly PutOutcome[]): readonly string[] => outcomes.map(outcome => outcome.kind)

/** What every engine of the `Stream` port does; `start` makes a fresh one. */
export function streamContract(engine: string, start: () => Promise<StreamHarness>): void {
  describe(`${engine} keeps the contract of a stream:`, () => {
    let harness: StreamHarness
    beforeEach(async () => {
      harness = await start()
    })
    afterEach(() => harness.close())

    test('a put without records has no outcomes', async () => {
      expect(await harness.stream().put([])).toEqual([])
    })

    test('a put answers one outcome a record', async () => {
      const outcomes = await harness.stream().put(numbered(3, 0, 7))
      expect(kinds(outcomes)).toEqual(Array(7).fill('stored'))
    })

    test('a record comes out as it went in', async () => {
      const records = [
        recordOf(0, '{"text":"plain"}\n'),
        recordOf(99, '{"text":"ünï😀"}\n{"text":"二"}\n', 'träger.übersetzt'),
        recordOf(1, `{"text":"${'é'.repeat(9_000)}"}\n`),
      ]
      await harness.stream().put(records)
      const stored = await harness.stored()
      expect(stored).toHaveLength(records.length)
      expect(records).toEqual(expect.arrayContaining(stored.map(record => expect.objectContaining(record))))
    })

    test('records of one call keep their order in each partition', async () => {
      const mixed = numbered(0, 0, 50).flatMap((record, n) => [record, recordOf(1, `{"n":${n}}\n`)])
      await harness.stream().put(mixed)
      const stored = await harness.stored()
      expect(dataOf(stored, 0)).toEqual(dataOf(mixed, 0))
      expect(dataOf(stored, 1)).toEqual(dataOf(mixed, 1))
    })

    test('calls keep their order although the earlier ones have not resolved', async () => {
      const calls = Array.from({ length: 40 }, (_, call) => numbered(5, call * 3, 3))
      await Promise.all(calls.map(records => harness.stream().put(records)))
      expect(dataOf(await harness.stored(), 5)).toEqual(dataOf(calls.flat(), 5))
    })

    test('many callers at once lose and repeat nothing', async () => {
      const caller = async (partition: number): Promise<void> => {
        for (let n = 0; n < 60; n += 3) await harness.stream().put(numbered(partition, n, 3))
      }
      await Promise.all(Array.from({ length: 16 }, (_, partition) => caller(partition)))
      const stored = await harness.stored()
      for (let partition = 0; partition < 16; partition += 1) {
        expect(dataOf(stored, partition)).toEqual(dataOf(numbered(partition, 0, 60), partition))
      }
    }, 120_000)

    test('what was stored is there after a restart, before what is stored next', async () => {
      await harness.stream().put(numbered(2, 0, 5))
      await harness.restart()
      await harness.stream().put(numbered(2, 5, 5))
      expect(dataOf(await harness.stored(), 2)).toEqual(dataOf(numbered(2, 0, 10), 2))
    })

    test('a lack of capacity is an outcome with a delay, and what it refused was not stored', async () => {
      await harness.stream().put(numbered(4, 0, 2))
      await harness.exhaust()
      const outcomes = await harness.stream().put(numbered(4, 2, 3))
      expect(kinds(outcomes)).toEqual(['refused', 'refused', 'refused'])
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({
          reason: expect.stringMatching(/./),
          retryAfterSeconds: expect.any(Number),
        })
      }
      expect(dataOf(await harness.stored(), 4)).toEqual(dataOf(numbered(4, 0, 2), 4))
    })

    test('what was refused is stored once when it is sent again', async () => {
      await harness.exhaust()
      await harness.stream().put(numbered(6, 0, 3))
      await harness.relieve()
      expect(kinds(await harness.stream().put(numbered(6, 0, 3)))).toEqual(Array(3).fill('stored'))
      await harness.restart()
      expect(dataOf(await harness.stored(), 6)).toEqual(dataOf(numbered(6, 0, 3), 6))
    })
  })
}
