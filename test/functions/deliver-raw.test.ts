import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Context, S3Event } from 'aws-lambda'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Accepted, packRecords } from '../../core/event/record.ts'
import { dueMark } from '../../core/lake/lake-paths.ts'
import type { DeliveredLines } from '../../core/ports/ledger.ts'
import { createArrivals } from '../../drivers/arrivals/arrivals.ts'
import type { S3Objects } from '../../drivers/objects/s3/s3.ts'
import { createHandler } from '../../functions/sources/deliver-raw.ts'
import { decodeS3Event, type S3BridgeEvent, type S3TestEvent } from '../../functions/sources/s3.ts'
import { createDeliverMissing, createDeliverRaw, type DeliverRawOutcome } from '../../steps/deliver-raw.ts'
import { type Bucket, openBucket, watched } from '../drivers/lake/s3/kit.ts'
import { describeOnMinistack } from '../engines/ministack.ts'

const T0 = Date.parse('2026-11-01T10:00:00Z')
const HOUR = 3_600_000
const ARRIVAL = 'arrivals/2026/11/01/10/tributary 1+2-2026-11-01-10-04-57-6a1f.jsonl.gz'
const NAME = '2026-11-01-10-tributary 1+2-2026-11-01-10-04-57-6a1f'

const notification = (...keys: string[]) =>
  ({
    Records: keys.map(key => ({
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      eventName: 'ObjectCreated:Put',
      s3: {
        bucket: { name: 'lake' },
        object: { key: encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+'), size: 1 },
      },
    })),
  }) as unknown as S3Event

describe('an S3 notification', () => {
  test('names its objects, whose keys it carries URL-encoded with + for a space', () => {
    const event = notification(ARRIVAL, 'arrivals/ü')
    expect(event.Records[0]!.s3.object.key).toContain('tributary+1%2B2')
    expect(decodeS3Event(event)).toEqual([
      { bucket: 'lake', key: ARRIVAL },
      { bucket: 'lake', key: 'arrivals/ü' },
    ])
  })

  test('names its object as it is when it comes through EventBridge', () => {
    const event: S3BridgeEvent = {
      source: 'aws.s3',
      'detail-type': 'Object Created',
      detail: { bucket: { name: 'lake' }, object: { key: ARRIVAL } },
    }
    expect(decodeS3Event(event)).toEqual([{ bucket: 'lake', key: ARRIVAL }])
    expect(decodeS3Event({ ...event, 'detail-type': 'Object Deleted' })).toEqual([])
  })

  test('names none where S3 only tests the connection or an object was removed', () => {
    const removed = notification(ARRIVAL)
    Object.assign(removed.Records[0]!, { eventName: 'ObjectRemoved:Delete' })
    expect(decodeS3Event(removed)).toEqual([])
    expect(decodeS3Event({ Event: 's3:TestEvent' } as S3TestEvent)).toEqual([])
  })

  test('is refused where it is something else', () => {
    expect(() => decodeS3Event({ source: 'aws.ec2' } as never)).toThrow(/no S3 notification/)
  })
})

type Sent = { readonly type: string; readonly epoch: number; readonly line: string }

let serial = 0
/** Records as ingest packs them. */
function records(type: string, epoch: number, count: number): { text: string; sent: Sent[] } {
  const accepted = Array.from({ length: count }, (_, index): Accepted => {
    const event = {
      specversion: '1.0',
      id: `e${serial++}`,
      source: '/s',
      type,
      data: { type: 'inner', n: index },
    }
    return { type, hash: 1, idHash: 0, time: epoch + index, json: JSON.stringify(event), index }
  })
  const text = packRecords(
    accepted,
    epoch,
    { first: 0, count: 8 },
    `${epoch}-k3x9a0-${String(serial).padStart(7, '0')}-`,
  )
    .map(({ record }) => record.data)
    .join('')
  return { text, sent: linesOf(text).map(line => ({ type, epoch, line })) }
}

const linesOf = (text: string) => text.split('\n').filter(line => line !== '')

describeOnMinistack('raw delivery', ['s3'], ministack => {
  let at: Bucket
  let ledger: Map<string, readonly DeliveredLines[]>
  /** The last published epoch of a type. */
  let through: Map<string, number>
  let due: string[]
  beforeEach(async () => {
    at = await openBucket(ministack)
    ledger = new Map()
    through = new Map()
    due = []
  })
  afterEach(() => at.dispose())

  const ports = (objects: S3Objects = at.objects) => ({
    arrivals: createArrivals({ objects, scratch: join(at.folder, 'scratch') }),
    ledger: {
      async delivered(object: string, lines: readonly DeliveredLines[]) {
        ledger.set(object, lines)
      },
    },
    published: async (type: string) => through.get(type),
    markDue: async (type: string, epoch: number) => void due.push(dueMark(type, epoch, '')),
  })
  const deliver = (objects?: S3Objects) => createDeliverRaw(ports(objects))([ARRIVAL])
  const arrive = (...pieces: readonly (string | Buffer)[]) =>
    at.objects.put(ARRIVAL, Buffer.concat(pieces.map(piece => Buffer.from(piece))))

  async function objectsUnder(prefix: string): Promise<Record<string, string>> {
    const found: Record<string, string> = {}
    for (const { key } of await at.objects.list(prefix))
      found[key] = gunzipSync((await at.objects.get(key))!).toString()
    return found
  }

  test('splits an arrival by type and epoch into objects named after it, and counts their lines', async () => {
    const [a, b, later] = [records('com.a', T0, 300), records('com.b', T0, 5), records('com.a', T0 + HOUR, 7)]
    await arrive(gzipSync(a.text), later.text, gzipSync(b.text))
    expect(await deliver()).toEqual({ arrivals: 1, lines: 312, unreadable: 0, late: [] })
    expect(await objectsUnder('raw/')).toEqual({
      [`raw/type=com.a/epoch=20261101T100000Z/${NAME}.jsonl.gz`]: a.text,
      [`raw/type=com.a/epoch=20261101T110000Z/${NAME}.jsonl.gz`]: later.text,
      [`raw/type=com.b/epoch=20261101T100000Z/${NAME}.jsonl.gz`]: b.text,
    })
    expect(ledger.get(ARRIVAL)).toEqual([
      { type: 'com.a', epoch: T0, lines: 300 },
      { type: 'com.a', epoch: T0 + HOUR, lines: 7 },
      { type: 'com.b', epoch: T0, lines: 5 },
    ])
  })

  test('takes records apart that hold several types', async () => {
    const [a, b] = [records('com.a', T0, 3), records('com.b', T0, 3)]
    const mixed = linesOf(a.text).map((line, i) => `${line}\n${linesOf(b.text)[i]}\n`)
    await arrive(gzipSync(mixed.join('')))
    await deliver()
    expect(Object.values(await objectsUnder('raw/'))).toEqual([a.text, b.text])
  })

  test('keeps every line, whatever way records are packed, mixed and cut', async () => {
    const batch = fc.record({
      type: fc.constantFrom('com.a', 'com.b', 'com.c-d'),
      epoch: fc.constantFrom(T0, T0 + HOUR),
      count: fc.integer({ min: 1, max: 40 }),
      packing: fc.constantFrom('plain', 'gzip', 'stored'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        async (batches, isLast) => {
          await at.objects.remove((await at.objects.list('raw/')).map(object => object.key))
          const sent: Sent[] = []
          const pieces = batches.map(({ type, epoch, count, packing }) => {
            const { text, sent: own } = records(type, epoch, count)
            sent.push(...own)
            if (packing === 'plain') return Buffer.from(text)
            return gzipSync(text, { level: packing === 'gzip' ? 6 : 0 })
          })
          // A last line without its line break is a line too.
          const last = records('com.a', T0, 1)
          if (isLast) sent.push(...last.sent)
          await arrive(...pieces, isLast ? last.text.trimEnd() : '')
          expect(await deliver()).toMatchObject({ lines: sent.length, unreadable: 0, late: [] })
          const kept = Object.entries(await objectsUnder('raw/')).flatMap(([key, text]) =>
            linesOf(text).map(line => `${key.slice(0, key.lastIndexOf('/'))} ${line}`),
          )
          const expected = sent.map(({ type, epoch, line }) => {
            const hour = epoch === T0 ? '20261101T100000Z' : '20261101T110000Z'
            return `raw/type=${type}/epoch=${hour} ${line}`
          })
          expect(kept.sort()).toEqual(expected.sort())
        },
      ),
      { numRuns: 40 },
    )
  })

  test('keeps what is no received event aside, with a count, and delivers the rest', async () => {
    const a = records('com.a', T0, 2)
    await arrive(gzipSync('not json\n'), gzipSync(a.text), '{"id":"no receipt"}\n', gzipSync('half a li'))
    expect(await deliver()).toEqual({ arrivals: 1, lines: 2, unreadable: 3, late: [] })
    expect(await objectsUnder('failed/')).toEqual({
      [`failed/unreadable/${NAME}.jsonl.gz`]: 'not json\n{"id":"no receipt"}\nhalf a li\n',
    })
    expect(Object.values(await objectsUnder('raw/'))).toEqual([a.text])
  })

  test('keeps damaged bytes aside and goes on at the next record', async () => {
    const [a, b] = [records('com.a', T0, 50), records('com.b', T0, 50)]
    const damaged = gzipSync(a.text)
    damaged[40]! ^= 0xff
    const cut = gzipSync(a.text)
    await arrive(gzipSync(b.text), damaged, gzipSync(b.text), cut.subarray(0, 200))
    expect(await deliver()).toMatchObject({ lines: 100 })
    expect(Object.values(await objectsUnder('raw/'))).toEqual([b.text + b.text])
    const [kept] = Object.values(await at.objects.list('failed/'))
    const bytes = gunzipSync((await at.objects.get(kept!.key))!)
    expect(bytes.equals(Buffer.concat([damaged, cut.subarray(0, 200)]))).toBe(true)
  })

  test('passes types on that nothing declares', async () => {
    const a = records('org.unknown.thing', T0, 1)
    await arrive(a.text)
    await deliver()
    expect(Object.keys(await objectsUnder('raw/type=org.unknown.thing/'))).toHaveLength(1)
  })

  test('gives the same objects and counts however often, and wherever it was cut short before', async () => {
    const [a, b] = [records('com.a', T0, 10), records('com.b', T0, 10)]
    await arrive(gzipSync(a.text), b.text)
    const whole = { 'com.a': a.text, 'com.b': b.text }
    for (let cutAt = 1, wasCut = true; wasCut; cutAt++) {
      wasCut = false
      const cut = watched(at.objects, {
        after(call) {
          if (call !== cutAt) return
          wasCut = true
          throw new Error('the function was ended')
        },
      })
      const outcome = await deliver(cut).catch(() => undefined)
      expect(outcome === undefined).toBe(wasCut)
      await deliver()
      const raw = await objectsUnder('raw/')
      expect(Object.values(raw)).toEqual(Object.values(whole))
      expect(ledger.get(ARRIVAL)).toHaveLength(2)
    }
  })

  test('tells the ledger nothing before the raw lake holds the lines', async () => {
    await arrive(records('com.a', T0, 10).text)
    const failing = watched(at.objects, {
      before(_, method) {
        if (method === 'put') throw new Error('no space')
      },
    })
    await expect(deliver(failing)).rejects.toThrow('no space')
    expect(ledger.size).toBe(0)
  })

  test('delivers what no notification came for, and nothing twice', async () => {
    const missing = createDeliverMissing({ ...ports(), epochLength: HOUR, bufferMs: 900_000 })
    // Named after its oldest record, an arrival can hold events of the next hour.
    const early = 'arrivals/2026/11/01/09/early.jsonl.gz'
    const other = 'arrivals/2026/11/01/08/other.jsonl.gz'
    for (const key of [early, other]) await at.objects.put(key, Buffer.from(records('com.a', T0, 1).text))
    await arrive(records('com.a', T0, 2).text)
    await deliver()
    expect(await missing(T0)).toEqual({ arrivals: 1, lines: 1, unreadable: 0, late: [] })
    expect([...ledger.keys()].sort()).toEqual([early, ARRIVAL].sort())
    expect(await missing(T0)).toEqual({ arrivals: 0, lines: 0, unreadable: 0, late: [] })
  })

  test('tells of lines whose epoch was published without them, and marks the epoch as due', async () => {
    through.set('com.a', T0)
    const [late, open, other] = [
      records('com.a', T0, 2),
      records('com.a', T0 + HOUR, 3),
      records('com.b', T0, 4),
    ]
    await arrive(gzipSync(late.text), gzipSync(open.text), gzipSync(other.text))
    expect((await deliver()).late).toEqual([{ type: 'com.a', epoch: T0, lines: 2 }])
    expect(due).toEqual([dueMark('com.a', T0, '')])
  })

  test('is started by a notification and passes over what is no arrival', async () => {
    await arrive(records('com.a', T0, 2).text)
    const reports: DeliverRawOutcome[] = []
    const handler = createHandler({
      deliverRaw: createDeliverRaw(ports()),
      bucket: 'lake',
      report: outcome => reports.push(outcome),
    })
    const context = {} as Context
    const own = 'raw/type=com.a/epoch=20261101T100000Z/x.jsonl.gz'
    expect(await handler(notification(ARRIVAL, own), context)).toEqual({
      arrivals: 1,
      lines: 2,
      unreadable: 0,
      late: [],
    })
    expect(reports).toHaveLength(1)
    const foreign = createHandler({
      deliverRaw: createDeliverRaw(ports()),
      bucket: 'other',
      report: () => {},
    })
    await expect(foreign(notification(ARRIVAL), context)).rejects.toThrow(/another bucket/)
  })
})
