import { gzipSync } from 'node:zlib'
import type { KinesisStreamEvent } from 'aws-lambda'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_RECORD_BYTES } from '../../core/event/record.ts'
import { decodeKinesisEvent, encodePartialFailures } from '../../functions/sources/kinesis.ts'
import { decodedRecord } from '../../local/stream/pump-event.ts'
import documented from '../fixtures/aws/kinesis-event.json' with { type: 'json' }
import { kinesisRecord } from '../kinesis-record.ts'

const eventWith = (
  kinesis: Partial<KinesisStreamEvent['Records'][number]['kinesis']>,
): KinesisStreamEvent => {
  const record = documented.Records[0]!
  return { Records: [{ ...record, kinesis: { ...record.kinesis, ...kinesis } }] }
}

describe('decoding a Kinesis event', () => {
  it("reads the event of AWS's documentation", () => {
    const [first, second] = decodeKinesisEvent(documented)
    expect(first).toEqual({
      sequence: '49590338271490256608559692538361571095921575989136588898',
      partition: 1,
      data: 'Hello, this is a test.',
      itemIdentifier: '49590338271490256608559692538361571095921575989136588898',
      arrival: 1545084650987,
      fault: undefined,
    })
    expect(second?.data).toBe('This is only a test.')
  })

  it('pads short sequence numbers, and names failures by the number as it came', () => {
    const [record] = decodeKinesisEvent(eventWith({ sequenceNumber: '42' }))
    expect(record?.sequence).toBe('42'.padStart(56, '0'))
    expect(record?.itemIdentifier).toBe('42')
  })

  it.each(['', 'user-7', '-1', '1.5', 'NaN'])('finds fault with the partition key %j alone', partitionKey => {
    const [record, other] = decodeKinesisEvent(eventWith({ partitionKey }))
    expect(record).toMatchObject({
      partition: -1,
      fault: expect.stringContaining(JSON.stringify(partitionKey)),
    })
    expect(record?.data).toBe('Hello, this is a test.')
    expect(other).toBeUndefined()
  })

  it('inflates gzip, several members too', () => {
    const text = '{"text":"ünï😀"}\n'.repeat(500)
    const payload = Buffer.concat([gzipSync(text), gzipSync('{"n":2}\n')])
    const [record] = decodeKinesisEvent(eventWith({ data: payload.toString('base64') }))
    expect(record).toMatchObject({ data: `${text}{"n":2}\n`, fault: undefined })
  })

  it('inflates a record as large as any of ours', () => {
    const text = 'x'.repeat(MAX_RECORD_BYTES)
    const [record] = decodeKinesisEvent(eventWith({ data: gzipSync(text).toString('base64') }))
    expect(record?.data).toBe(text)
  })

  it.each([
    ['is cut off', gzipSync('{"n":1}\n').subarray(0, 20)],
    ['has a wrong checksum', gzipSync('{"n":1}\n').fill(0, 20)],
    ['is a bomb', gzipSync(Buffer.alloc(20_000_000), { level: 1 })],
    ['is nothing but a magic number', Buffer.from([0x1f, 0x8b, 0])],
  ])('gzip that %s is a fault, and the payload is kept as it came', (_, payload) => {
    const data = payload.toString('base64')
    const [record] = decodeKinesisEvent(eventWith({ data }))
    expect(record).toMatchObject({ data, partition: 1, fault: expect.stringContaining('gzip') })
  })

  it('reads data of any size, also larger than any before', () => {
    for (const length of [0, 1, 70_000, 900_000]) {
      const text = 'é'.repeat(length)
      expect(decodeKinesisEvent(eventWith({ data: Buffer.from(text).toString('base64') }))[0]?.data).toBe(
        text,
      )
    }
  })

  it('gives what the pump of one machine hands over without making the event', () => {
    const entry = fc.record({
      sequence: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      partition: fc.nat(4095),
      arrival: fc.integer({ min: 0, max: 4e12 }),
      text: fc.string({ unit: 'binary' }).map(text => text.toWellFormed()),
    })
    fc.assert(
      fc.property(fc.array(entry), made => {
        const entries = made.map(({ text, ...rest }) => {
          return { ...rest, next: 0, type: 't', epoch: 0, count: 1, data: Buffer.from(text) }
        })
        const decoded = decodeKinesisEvent({ Records: entries.map(kinesisRecord) })
        expect(decoded).toEqual(entries.map(decodedRecord))
        expect(decoded.map(({ partition, arrival, data }) => ({ partition, arrival, data }))).toEqual(
          made.map(({ partition, arrival, text }) => ({ partition, arrival, data: text })),
        )
        expect(decoded.map(({ sequence }) => Number(sequence))).toEqual(made.map(e => e.sequence))
      }),
      { numRuns: 300 },
    )
  })
})

describe('the answer to Lambda', () => {
  it('names the failed records', () => {
    expect(encodePartialFailures(new Set(['7', '9']))).toEqual({
      batchItemFailures: [{ itemIdentifier: '7' }, { itemIdentifier: '9' }],
    })
  })

  it('is a success when nothing failed', () => {
    expect(encodePartialFailures([])).toEqual({ batchItemFailures: [] })
  })
})
