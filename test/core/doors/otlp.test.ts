import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { otlp } from '../../../core/doors/otlp/otlp.ts'
import { decodeLogs, encodePartialSuccess } from '../../../core/doors/otlp/protobuf.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const request = (body: unknown) => ({
  ...{ headers: JSON_TYPE, body: JSON.stringify(body), isBase64: false, call: 'logs' },
})
const logs = (...logRecords: readonly unknown[]) => ({
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeLogs: [{ scope: { name: 'test' }, logRecords }],
    },
  ],
})

describe('logs over OTLP', () => {
  test('become items with plain attributes, their resource and scope, and a time with all of its digits', () => {
    const record = {
      timeUnixNano: '1767225600123456789',
      body: { stringValue: 'bought' },
      attributes: [
        { key: 'n', value: { intValue: '7' } },
        { key: 'large', value: { intValue: '9007199254740993' } },
        { key: 'list', value: { arrayValue: { values: [{ boolValue: true }, { doubleValue: 0.5 }] } } },
        { key: 'map', value: { kvlistValue: { values: [{ key: 'a', value: { stringValue: 'b' } }] } } },
      ],
    }
    expect(otlp.read(request(logs(record)))[0]).toMatchObject({
      time: '2026-01-01T00:00:00.123456789Z',
      value: {
        body: 'bought',
        attributes: { n: 7, large: '9007199254740993', list: [true, 0.5], map: { a: 'b' } },
        resource: { 'service.name': 'shop' },
        scope: { name: 'test' },
      },
    })
  })

  test('have the same ids when they are sent again, and different ones where equal records are two', () => {
    const ids = (...records: readonly unknown[]) => otlp.read(request(logs(...records))).map(({ id }) => id)
    const [one, other] = [{ timeUnixNano: '1' }, { timeUnixNano: '2' }]
    expect(ids(one, other, one)).toEqual(ids(one, other, one))
    expect(new Set(ids(one, other, one)).size).toBe(3)
    const uid = { attributes: [{ key: 'log.record.uid', value: { stringValue: 'own' } }] }
    expect(ids(uid, uid)).toEqual(['own', 'own'])
  })

  test('that are rejected are a partial success, in the encoding of the request', () => {
    const outcome = { accepted: 1, rejected: [{ index: 0, id: null, code: 'too_large', detail: 'why' }] }
    expect(otlp.answer(outcome, request({}))).toEqual({
      body: {
        partialSuccess: {
          rejectedLogRecords: '1',
          errorMessage: 'a record was rejected by too_large, and kept: why',
        },
      },
    })
    expect(otlp.answer({ accepted: 1, rejected: [] }, request({}))).toEqual({ body: {} })
    expect([...encodePartialSuccess(300, 'é')]).toEqual([0x0a, 7, 0x08, 0xac, 2, 0x12, 2, 0xc3, 0xa9])
  })

  test('in bytes that are no protobuf are refused, whatever they are, and never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        try {
          decodeLogs(Buffer.from(bytes))
        } catch (error) {
          expect((error as Error).name).toBe('bad_request')
        }
      }),
    )
    const nested = Array.from({ length: 70 }).reduce<Buffer>(
      inner => wrapped(wrapped(inner, 5), 1),
      Buffer.alloc(0),
    )
    const body = [5, 2, 2, 1].reduce(wrapped, nested)
    expect(() => decodeLogs(body)).not.toThrow()
    const deeper = Array.from({ length: 300 }).reduce<Buffer>(
      inner => wrapped(wrapped(inner, 1), 5),
      Buffer.alloc(0),
    )
    expect(() => decodeLogs([5, 2, 2, 1].reduce(wrapped, deeper))).toThrow(/nested too deep/)
  })
})

/** A message inside of a field of another. */
function wrapped(inner: Buffer, field: number): Buffer {
  const lengths: number[] = []
  let { length } = inner
  for (; length > 0x7f; length >>>= 7) lengths.push((length & 0x7f) | 0x80)
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...lengths, length]), inner])
}
