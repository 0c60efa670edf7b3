import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Log } from '../../../../drivers/stream/log/log.ts'
import { advance, committedEnd, release } from '../../../../drivers/stream/log/shared.ts'
import { expiredSegments } from '../../../../drivers/stream/log/upkeep.ts'
import {
  consume,
  EPOCH,
  EPOCH_LENGTH,
  type Faults,
  faultyFiles,
  LogKit,
  numbersIn,
  readAll,
  reasons,
  record,
  records,
} from './kit.ts'

const NEXT = EPOCH + EPOCH_LENGTH
const END_OF_GRACE = NEXT + 500

let kit: LogKit
beforeEach(() => {
  kit = new LogKit()
})
afterEach(() => kit.clear())

describe('the ledger', () => {
  test('counts the events of each epoch by type, oldest epoch first', async () => {
    const log = await kit.open(await kit.dir())
    await log.stream.put([record(0, { epoch: NEXT, count: 3 }), record(1, { count: 2 }), record(2)])
    await log.stream.put([record(3, { type: 'order.paid' })])
    expect(await log.ledger.epochs(undefined)).toMatchObject([
      { epoch: EPOCH, accepted: { 'page.view': 3, 'order.paid': 1 } },
      { epoch: NEXT, accepted: { 'page.view': 3 } },
    ])
    expect(await log.ledger.epochs(EPOCH)).toMatchObject([{ epoch: NEXT }])
  })

  test('keeps an epoch open until its grace is over, and then takes nothing more into it', async () => {
    const log = await kit.open(await kit.dir())
    kit.time = END_OF_GRACE - 1
    expect(reasons(await log.stream.put([record(0)]))).toEqual(['stored'])
    expect(await log.ledger.epoch(EPOCH)).toMatchObject({ closed: false })
    kit.time = END_OF_GRACE
    expect(await log.stream.put([record(1)])).toEqual([
      { kind: 'refused', reason: 'epoch_closed', retryAfterSeconds: 0 },
    ])
    expect(reasons(await log.stream.put([record(1, { epoch: EPOCH - EPOCH_LENGTH })]))).toEqual([
      'epoch_closed',
    ])
    expect(reasons(await log.stream.put([record(1, { epoch: NEXT })]))).toEqual(['stored'])
    expect(await log.ledger.epoch(EPOCH)).toMatchObject({ closed: true, accepted: { 'page.view': 1 } })
  })

  test('closes an epoch only when the puts queued for it are counted', async () => {
    const held = Promise.withResolvers<void>()
    const faults: Faults = {}
    const log = await kit.open(await kit.dir(), { files: faultyFiles(faults) })
    faults.hold = held.promise
    const put = log.stream.put(records(0, 50))
    kit.time = END_OF_GRACE
    const closing = log.ledger.epoch(EPOCH)
    expect(await Promise.race([closing, sleep(30, 'waits')])).toBe('waits')
    held.resolve()
    expect(await closing).toMatchObject({ closed: true, accepted: { 'page.view': 50 } })
    expect(reasons(await put)).toEqual(Array(50).fill('stored'))
  })

  test('a closed epoch stays closed over a crash, even if the clock then shows less', async () => {
    const dir = await kit.dir()
    const log = await kit.open(dir)
    await log.stream.put(records(0, 3))
    kit.time = END_OF_GRACE
    expect(await log.ledger.epoch(EPOCH)).toMatchObject({ closed: true })
    kit.time = EPOCH
    const crashed = await kit.crashed(dir)
    const after = await kit.open(crashed)
    expect(await after.ledger.epoch(EPOCH)).toMatchObject({ closed: true, accepted: { 'page.view': 3 } })
    expect(reasons(await after.stream.put([record(3)]))).toEqual(['epoch_closed'])
    expect(after.status().clockFloor).toBe(NEXT)
  })

  test('an epoch whose close cannot be made durable is not shown as closed, but takes nothing more', async () => {
    const faults: Faults = {}
    const log = await kit.open(await kit.dir(), { files: faultyFiles(faults) })
    await log.stream.put([record(0)])
    kit.time = END_OF_GRACE
    faults.replace = 'ENOSPC'
    await expect(log.ledger.epoch(EPOCH)).rejects.toMatchObject({ code: 'storage_failed' })
    expect(reasons(await log.stream.put([record(1)]))).toEqual(['epoch_closed'])
    delete faults.replace
    expect(await log.ledger.epoch(EPOCH)).toMatchObject({ closed: true })
  })

  test.each(['a crash', 'a close'])('counts are the same after %s', async end => {
    const dir = await kit.dir()
    const log = await kit.open(dir, { segmentBytes: 300 })
    for (let n = 0; n < 20; n += 2) {
      await log.stream.put(records(n, n + 2, { epoch: n < 10 ? EPOCH : NEXT, count: 2 }))
      if (n === 10) await log.maintain()
    }
    if (end === 'a close') await kit.close(log)
    const after = await kit.open(await kit.crashed(dir))
    expect(await after.ledger.epochs(undefined)).toMatchObject([
      { accepted: { 'page.view': 20 } },
      { accepted: { 'page.view': 20 } },
    ])
  })

  test('an epoch is complete in a layer once that layer has got past its last event', async () => {
    const log = await kit.open(await kit.dir())
    await log.stream.put(records(0, 3))
    const end = committedEnd(log.shared)
    await log.stream.put([record(3, { epoch: NEXT })])
    advance(log.shared, 'raw', end)
    expect(await log.ledger.epoch(EPOCH)).toMatchObject({ closed: false, rawComplete: false })
    kit.time = END_OF_GRACE
    advance(log.shared, 'speed', end - 1)
    expect(await log.ledger.epoch(EPOCH)).toMatchObject({ rawComplete: true, speedComplete: false })
    advance(log.shared, 'speed', end)
    expect(await log.ledger.epoch(EPOCH)).toMatchObject({ rawComplete: true, speedComplete: true })
  })

  test('forgets the oldest epochs beyond those it is to keep', async () => {
    const log = await kit.open(await kit.dir(), { keepEpochs: 2 })
    for (let n = 0; n < 4; n += 1) await log.stream.put([record(n, { epoch: EPOCH + n * EPOCH_LENGTH })])
    kit.time = END_OF_GRACE
    const epochs = await log.ledger.epochs(undefined)
    expect(epochs.map(({ epoch }) => (epoch - EPOCH) / EPOCH_LENGTH)).toEqual([2, 3])
  })
})

describe('retention', () => {
  const rule = { segmentBytes: 300, retentionMs: 1_000 }

  async function filled(dir: string, options: object = rule): Promise<Log> {
    const log = await kit.open(dir, options)
    for (let n = 0; n < 30; n += 3) await log.stream.put(records(n, n + 3))
    return log
  }

  const segments = async (dir: string): Promise<number> =>
    (await readdir(dir)).filter(name => name.endsWith('.log')).length

  test('deletes old segments that every consumer has released, and the rest can be read', async () => {
    const dir = await kit.dir()
    const log = await filled(dir)
    consume(log)
    kit.time += 1_000
    await log.maintain()
    expect(await segments(dir)).toBe(1)
    expect(numbersIn(dir, log).at(-1)).toBe(29)
    const after = await kit.open(await kit.crashed(dir))
    expect(await after.ledger.epoch(EPOCH)).toMatchObject({ accepted: { 'page.view': 30 } })
  })

  test('keeps what one consumer has not released', async () => {
    const dir = await kit.dir()
    const log = await filled(dir)
    const before = await segments(dir)
    consume(log)
    release(log.shared, 'raw', 0)
    kit.time += 1_000
    await log.maintain()
    expect(await segments(dir)).toBe(before)
    expect(readAll(dir, log)).toHaveLength(30)
  })

  test('keeps what is younger than it is to keep, unless the log is too large', async () => {
    const dir = await kit.dir()
    const log = await filled(dir)
    const before = await segments(dir)
    consume(log)
    await log.maintain()
    expect(await segments(dir)).toBe(before)
    await kit.close(log)
    const smaller = await kit.open(dir, {
      ...rule,
      retentionMs: Number.MAX_SAFE_INTEGER,
      retentionBytes: 700,
    })
    consume(smaller)
    await smaller.maintain()
    expect(smaller.status().storedBytes).toBeLessThanOrEqual(700)
  })

  test('never deletes what the ledger file does not count', () => {
    const segment = (base: number) => ({ path: '', base, size: 10, writtenAt: 0 })
    const all = [segment(0), segment(10), segment(20)]
    const always = { retentionMs: 0, retentionBytes: 0 }
    expect(expiredSegments(all, 19, 1, always)).toEqual([all[0]])
    expect(expiredSegments(all, 99, 1, always)).toEqual([all[0], all[1]])
  })
})
