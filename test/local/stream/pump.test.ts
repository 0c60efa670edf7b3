import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import { openLog } from '../../../drivers/stream/log/log.ts'
import { openLogReader } from '../../../drivers/stream/log/reader.ts'
import { logStart, position } from '../../../drivers/stream/log/shared.ts'
import { type DecodedRecord, decodeKinesisEvent } from '../../../functions/sources/kinesis.ts'
import { kinesisRecord } from '../../kinesis-record.ts'
import { Bench, numbered, type Reply, Scripted, until } from './pump-harness.ts'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})
afterEach(() => bench.stop())

const TEN = numbered(10)
const fine = new Scripted(() => 'fine').handler

describe('delivery', () => {
  it('delivers every record once, in order, in batches', async () => {
    const { handler, calls, applied } = new Scripted(() => 'fine')
    bench.log.append(TEN)
    const pump = bench.start(handler, { batchSize: 4 })
    expect(await pump.drain(1_000)).toBe(true)
    expect(calls.map(call => call.length)).toEqual([4, 4, 2])
    expect(applied).toEqual(TEN)
    expect(pump.stats()).toMatchObject({ state: 'running', batches: 3, records: 10, retries: 0, dead: 0 })
    expect(position(bench.log.shared, 'speed')).toBe(bench.log.end)
  })

  it("gives the handler what Lambda's event decodes to", async () => {
    bench.log.append(['{"é":1}\n'], 1_545_084_650_987)
    const seen: DecodedRecord[] = []
    const pump = bench.start(async records => {
      seen.push(...records)
    })
    await pump.drain(1_000)
    const [entry] = bench.log.entries
    const event = { Records: [kinesisRecord(entry!)] }
    expect(event.Records[0]!.kinesis.data).toBe(Buffer.from('{"é":1}\n').toString('base64'))
    expect(seen).toEqual(decodeKinesisEvent(event))
  })

  it('keeps an event within the byte limit, but delivers a record that alone exceeds it', async () => {
    const { handler, calls } = new Scripted(() => 'fine')
    bench.log.append(['a'.repeat(3_000), 'b'.repeat(300), 'c'.repeat(300), 'd'.repeat(300)])
    await bench.start(handler, { batchBytes: 2_000 }).drain(1_000)
    expect(calls.map(call => call.length)).toEqual([1, 2, 1])
  })

  it('waits for a batch to fill, as long as the window', async () => {
    const { handler, calls } = new Scripted(() => 'fine')
    const pump = bench.start(handler, { batchWindowMs: 150, batchSize: 4 })
    bench.log.append(TEN.slice(0, 1))
    await sleep(20)
    bench.log.append(TEN.slice(1, 6))
    await pump.drain(1_000)
    expect(calls.map(call => call.length)).toEqual([4, 2])
  })

  it('goes on after a restart where its position was', async () => {
    const first = new Scripted((_, call) => (call < 2 ? 'fine' : 'throws'))
    bench.log.append(TEN)
    const before = bench.start(first.handler, { batchSize: 3, maxRetries: 1e6 })
    await until(() => before.stats().lastError !== undefined)
    await before.stop()
    const second = new Scripted(() => 'fine')
    const after = bench.start(second.handler, { batchSize: 3, from: before.position() })
    await after.drain(1_000)
    expect([...first.applied, ...second.applied]).toEqual(TEN)
  })

  it('lets the event loop turn between batches', async () => {
    let turns = 0
    const timer = setInterval(() => {
      turns += 1
    }, 0)
    bench.log.append(numbered(400))
    await bench.start(fine, { batchSize: 1 }).drain(5_000)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(5)
  })
})

describe('a failed batch', () => {
  it('is delivered again from the lowest failed record on', async () => {
    const { handler, calls, applied } = new Scripted((_, call) => (call === 0 ? 6 : 'fine'))
    bench.log.append(TEN)
    const pump = bench.start(handler)
    await pump.drain(1_000)
    expect(calls).toEqual([TEN, TEN.slice(6)])
    expect(applied).toEqual(TEN)
    expect(pump.stats()).toMatchObject({ retries: 1, records: 10 })
  })

  it('counts the lowest of several identifiers, in any order', async () => {
    const { handler, calls } = new Scripted(() => 'fine')
    bench.log.append(TEN)
    let first = true
    const pump = bench.start(async records => {
      if (!first) return handler(records)
      first = false
      const ids = [8, 3, 5].map(index => records[index]!.itemIdentifier)
      return { batchItemFailures: ids.map(itemIdentifier => ({ itemIdentifier })) }
    })
    await pump.drain(1_000)
    expect(calls).toEqual([TEN.slice(3)])
  })

  const whole: Reply[] = ['throws', 'empty', 'missing', 'unknown', 0]
  it.each(whole)('is delivered again as a whole when the answer is: %s', async reply => {
    const { handler, calls } = new Scripted((_, call) => (call === 0 ? reply : 'fine'))
    bench.log.append(TEN)
    await bench.start(handler, { bisectOnError: false }).drain(1_000)
    expect(calls).toEqual([TEN, TEN])
    expect(bench.reports).toHaveLength(1)
  })

  it.each([undefined, null, {}, { batchItemFailures: null }, { batchItemFailures: [] }])(
    'is none when the answer is %j',
    async answer => {
      bench.log.append(TEN)
      const pump = bench.start(async () => answer as undefined)
      await pump.drain(1_000)
      expect(pump.stats()).toMatchObject({ batches: 1, records: 10, retries: 0 })
    },
  )

  it('fails when the handler does not answer in time', async () => {
    bench.log.append(TEN)
    let calls = 0
    const slow = () => (++calls === 1 ? new Promise<undefined>(() => {}) : Promise.resolve(undefined))
    const pump = bench.start(slow, { timeoutMs: 20, bisectOnError: false })
    await pump.drain(1_000)
    expect(calls).toBe(2)
    expect(bench.reports[0]).toMatchObject({ code: 'timeout' })
  })

  it('holds everything behind it, with growing waits', async () => {
    const begun: number[] = []
    const { handler, applied } = new Scripted((_, call) => {
      begun.push(performance.now())
      return call < 4 ? 'throws' : 'fine'
    })
    bench.log.append(TEN)
    const options = { bisectOnError: false, batchSize: 2, backoff: { baseMs: 10, capMs: 40 } }
    await bench.start(handler, options).drain(1_000)
    const waits = begun.slice(1, 5).map((time, index) => time - begun[index]!)
    for (const [index, least] of [5, 10, 20, 20].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(least - 2)
    }
    expect(applied).toEqual(TEN)
  })
})

describe('records that cannot be consumed', () => {
  it('are found by bisecting; everything else is applied once and in order', async () => {
    const poison = new Set([TEN[3]!, TEN[8]!])
    const { handler, applied } = new Scripted(texts => (texts.some(t => poison.has(t)) ? 'throws' : 'fine'))
    bench.log.append(TEN)
    const pump = bench.start(handler, { maxRetries: 2 })
    await pump.drain(1_000)
    expect(applied).toEqual(TEN.filter(text => !poison.has(text)))
    expect(bench.dead).toEqual([...poison])
    expect(bench.letters[0]?.failure).toMatchObject({
      consumer: 'speed',
      reason: 'retries_exhausted',
      detail: 'the handler broke',
    })
    expect(pump.stats()).toMatchObject({ dead: 2, records: 8 })
  })

  it('are found by partial answers as well', async () => {
    const { handler, applied, calls } = new Scripted(texts => {
      const index = texts.indexOf(TEN[5]!)
      return index < 0 ? 'fine' : index
    })
    bench.log.append(TEN)
    await bench.start(handler, { maxRetries: 3 }).drain(1_000)
    expect(applied).toEqual(TEN.filter(text => text !== TEN[5]))
    expect(bench.dead).toEqual([TEN[5]])
    // Bisecting is no retry: alone, it is delivered once and then three times again.
    expect(calls.filter(call => call.length === 1 && call[0] === TEN[5])).toHaveLength(4)
  })

  it('take their whole batch with them without bisecting', async () => {
    const { handler, calls } = new Scripted(texts => (texts.includes(TEN[1]!) ? 'throws' : 'fine'))
    bench.log.append(TEN)
    await bench.start(handler, { maxRetries: 2, batchSize: 5, bisectOnError: false }).drain(1_000)
    expect(calls).toHaveLength(4)
    expect(bench.letters.map(({ texts }) => texts)).toEqual([TEN.slice(0, 5)])
    expect(bench.letters[0]?.failure.deliveries).toBe(3)
  })

  it('are given up when too old, before and between deliveries', async () => {
    let now = 1_000_000
    bench.log.append(TEN.slice(0, 2), now - 5_001)
    bench.log.append(TEN.slice(2, 5), now - 4_000)
    bench.log.append(TEN.slice(5), now)
    const { handler, applied } = new Scripted((_, call) => {
      now += call === 0 ? 2_000 : 0
      return call === 0 ? 'throws' : 'fine'
    })
    const options = { maxRecordAgeMs: 5_000, now: () => now, bisectOnError: false }
    await bench.start(handler, options).drain(1_000)
    expect(bench.letters.map(({ texts }) => texts)).toEqual([TEN.slice(0, 2), TEN.slice(2, 5)])
    expect(bench.letters.map(({ failure }) => [failure.reason, failure.deliveries])).toEqual([
      ['record_too_old', 0],
      ['record_too_old', 1],
    ])
    expect(applied).toEqual(TEN.slice(5))
  })

  it('are given up alone when a part of a failed batch grows too old', async () => {
    let now = 1_000_000
    bench.log.append(TEN.slice(0, 2), now - 4_000)
    bench.log.append(TEN.slice(2), now)
    const { handler, calls } = new Scripted((_, call) => {
      now += call === 0 ? 2_000 : 0
      return call === 0 ? 'throws' : 'fine'
    })
    await bench.start(handler, { maxRecordAgeMs: 5_000, now: () => now }).drain(1_000)
    expect(bench.dead).toEqual(TEN.slice(0, 2))
    expect(calls).toEqual([TEN, TEN.slice(2, 5), TEN.slice(5)])
  })

  it('hold the stream until the on-failure destination has them', async () => {
    const { handler, applied } = new Scripted(texts => (texts.includes(TEN[0]!) ? 'throws' : 'fine'))
    bench.log.append(TEN)
    let full = true
    const taken: string[] = []
    const pump = bench.start(handler, {
      maxRetries: 0,
      batchSize: 1,
      onFailure: async records => {
        if (full) throw new Error('disk full')
        taken.push(...records.map(({ data }) => data))
      },
    })
    await until(() => pump.stats().lastError?.code === 'unavailable')
    await sleep(20)
    expect(pump.position()).toBe(bench.log.entries[0]!.sequence)
    expect(applied).toEqual([])
    full = false
    await pump.drain(1_000)
    expect(taken).toEqual(TEN.slice(0, 1))
    expect(applied).toEqual(TEN.slice(1))
  })
})

describe('control', () => {
  it('stands still while paused', async () => {
    const { handler, calls } = new Scripted(() => 'fine')
    const pump = bench.start(handler, { batchSize: 2 })
    await pump.pause()
    bench.log.append(TEN)
    await sleep(30)
    expect(calls).toEqual([])
    expect(pump.stats().state).toBe('paused')
    pump.resume()
    expect(await pump.drain(1_000)).toBe(true)
  })

  it('waits for the call under way when it pauses or stops, but not for ever', async () => {
    const answer = Promise.withResolvers<undefined>()
    bench.log.append(TEN)
    let called = false
    const pump = bench.start(() => {
      called = true
      return answer.promise
    })
    await until(() => called)
    expect(await pump.stop(20)).toBe(false)
    answer.resolve(undefined)
    expect(await pump.stop()).toBe(true)
    expect(pump.position()).toBe(bench.log.end)
    expect(pump.stats().state).toBe('stopped')
  })

  it('stops in the middle of a long wait', async () => {
    bench.log.append(TEN)
    const broken = new Scripted(() => 'throws').handler
    const pump = bench.start(broken, { backoff: { baseMs: 60_000, capMs: 60_000 } })
    await until(() => pump.stats().lastError !== undefined)
    expect(await pump.stop(500)).toBe(true)
    expect(bench.dead).toEqual([])
  })

  it('tries again when the log cannot be read for now', async () => {
    const { handler, applied } = new Scripted(() => 'fine')
    bench.log.append(TEN)
    bench.log.faults.push(new TributaryError('storage_failed', 'EIO'))
    await bench.start(handler).drain(1_000)
    expect(applied).toEqual(TEN)
    expect(bench.reports).toMatchObject([{ code: 'storage_failed' }])
  })

  it('stops for good, visibly, when the log is damaged', async () => {
    bench.log.append(TEN)
    bench.log.faults.push(new TributaryError('corrupt_data', 'byte 7'))
    const pump = bench.start(fine)
    expect(await pump.drain(1_000)).toBe(false)
    expect(pump.stats()).toMatchObject({ state: 'failed', lastError: { code: 'corrupt_data' } })
    expect(pump.position()).toBe(bench.log.start)
  })

  it.each([{ batchSize: 0 }, { batchSize: 10_001 }, { batchBytes: 7e6 }, { timeoutMs: Number.NaN }])(
    'refuses %j, which Lambda would not take',
    options => {
      expect(() => bench.start(fine, options)).toThrow(expect.objectContaining({ code: 'invalid_setting' }))
    },
  )
})

it('delivers the real log, record by record as it was put', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tributary-pump-'))
  const log = await openLog({ dir, epochLength: 3_600_000, minFreeBytes: 0 })
  const reader = openLogReader(dir, log.shared)
  const { handler, applied } = new Scripted((_, call) => (call % 3 === 1 ? 1 : 'fine'))
  const epoch = Math.floor(Date.now() / 3_600_000) * 3_600_000
  const from = logStart(log.shared)
  const pump = bench.start(handler, { reader, shared: log.shared, from, batchSize: 70, maxRetries: 100 })
  const put: string[] = []
  for (let call = 0; call < 40; call += 1) {
    const texts = Array.from(
      { length: 25 },
      (_, n) => `{"call":${call},"n":${n},"é":"${'x'.repeat(n * 50)}"}\n`,
    )
    put.push(...texts)
    await log.stream.put(texts.map((data, n) => ({ partition: n, type: 'page.view', epoch, count: 1, data })))
  }
  expect(await pump.drain(5_000)).toBe(true)
  expect(applied).toEqual(put)
  await pump.stop()
  reader.close()
  await log.close()
  await rm(dir, { recursive: true })
})
