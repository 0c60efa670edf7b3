import { stat } from 'node:fs/promises'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DurableFiles, machineFiles } from '../../../../drivers/files/durable.ts'
import { openLogReader } from '../../../../drivers/stream/log/reader.ts'
import { segmentPath } from '../../../../drivers/stream/log/segment.ts'
import { committedEnd, failConsumer } from '../../../../drivers/stream/log/shared.ts'
import { streamContract } from '../../../contracts/stream.ts'
import {
  consume,
  type Faults,
  faultyFiles,
  LogKit,
  numbersIn,
  readAll,
  reasons,
  record,
  records,
  until,
} from './kit.ts'

let kit: LogKit
beforeEach(() => {
  kit = new LogKit()
})
afterEach(() => kit.clear())

streamContract('the durable log', async () => {
  const dir = await kit.dir()
  const faults: Faults = {}
  const files = faultyFiles(faults)
  let log = await kit.open(dir, { files })
  return {
    stream: () => log.stream,
    async stored() {
      const entries = readAll(dir, log)
      return entries.map(({ partition, type, epoch, count, data }) => ({
        partition,
        type,
        epoch,
        count,
        data,
      }))
    },
    async restart() {
      await kit.close(log)
      log = await kit.open(dir, { files })
    },
    async exhaust() {
      faults.write = 'ENOSPC'
    },
    async relieve() {
      delete faults.write
      await until(() => log.status().refusing === undefined)
    },
    async close() {
      delete faults.write
    },
  }
})

describe('the reader', () => {
  test('gives sequences that only grow, across segments and restarts', async () => {
    const dir = await kit.dir()
    for (let round = 0; round < 3; round += 1) {
      const log = await kit.open(dir, { segmentBytes: 500 })
      for (let n = 0; n < 10; n += 1) await log.stream.put(records(n * 4, n * 4 + 4))
      await kit.close(log)
    }
    const log = await kit.open(dir)
    const sequences = readAll(dir, log).map(entry => entry.sequence)
    expect(sequences).toHaveLength(120)
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b))
  })

  test('begins at any entry, also in the middle of a block', async () => {
    const dir = await kit.dir()
    const log = await kit.open(dir)
    await log.stream.put(records(0, 9))
    const reader = openLogReader(dir, log.shared)
    for (const [n, { sequence }] of readAll(dir, log).entries()) {
      expect(reader.read(sequence, 1e6).map(entry => JSON.parse(entry.data.toString()).n)[0]).toBe(n)
    }
    reader.close()
  })

  test('returns one entry however little is asked for, and all of them in the end', async () => {
    const dir = await kit.dir()
    const log = await kit.open(dir, { segmentBytes: 300 })
    for (let n = 0; n < 30; n += 3) await log.stream.put(records(n, n + 3))
    expect(readAll(dir, log, 1)).toEqual(readAll(dir, log))
  })

  test('takes a put larger than a block', async () => {
    const dir = await kit.dir()
    const log = await kit.open(dir)
    const large = records(0, 12).map(one => ({
      ...one,
      data: `{"n":${one.partition},"x":"${'é'.repeat(100_000)}"}\n`,
    }))
    expect(reasons(await log.stream.put(large))).toEqual(Array(12).fill('stored'))
    expect(readAll(dir, log).map(entry => entry.data)).toEqual(large.map(one => one.data))
  })

  test('refuses a position at which no entry begins', async () => {
    const dir = await kit.dir()
    const log = await kit.open(dir)
    await log.stream.put(records(0, 3))
    const reader = openLogReader(dir, log.shared)
    expect(() => reader.read(35, 1e6)).toThrow(expect.objectContaining({ code: 'corrupt_data' }))
    expect(() => reader.read(committedEnd(log.shared) + 1, 1e6)).toThrow(/before/)
    reader.close()
  })

  test('wakes when something is committed and says so, and also when nothing is', async () => {
    const dir = await kit.dir()
    const log = await kit.open(dir)
    const reader = openLogReader(dir, log.shared)
    expect(await reader.wait(0, 5)).toBe(false)
    const woken = reader.wait(0, 5_000)
    await log.stream.put([record(0)])
    expect(await woken).toBe(true)
    reader.close()
  })
})

test('puts that come in turn after turn of the event loop share a commit', async () => {
  let syncs = 0
  const files: DurableFiles = {
    ...machineFiles,
    open: async path => {
      const file = await machineFiles.open(path)
      return { ...file, sync: () => file.sync().finally(() => syncs++) }
    },
  }
  const dir = await kit.dir()
  const log = await kit.open(dir, { files, gatherMs: 5_000 })
  const puts = []
  for (let n = 0; n < 10; n++) {
    puts.push(log.stream.put([record(n)]))
    await nextTurn()
  }
  await Promise.all(puts)
  expect(syncs).toBe(1)
  expect(numbersIn(dir, log)).toEqual([...puts.keys()])
})

describe('back-pressure', () => {
  test('refuses while the slowest consumer is too far behind', async () => {
    const dir = await kit.dir()
    const log = await kit.open(dir, { maxLagBytes: 100 })
    expect(reasons(await log.stream.put(records(0, 4)))).toEqual(Array(4).fill('stored'))
    expect(reasons(await log.stream.put(records(4, 6)))).toEqual(['lagging', 'lagging'])
    consume(log)
    expect(reasons(await log.stream.put([record(4)]))).toEqual(['stored'])
  })

  test('refuses what the queue cannot hold, from the first such record on', async () => {
    const dir = await kit.dir()
    const log = await kit.open(dir, { maxQueueBytes: 200 })
    const outcomes = await log.stream.put(records(0, 20))
    const stored = reasons(outcomes).indexOf('queue_full')
    expect(stored).toBeGreaterThan(0)
    expect(reasons(outcomes).slice(stored)).toEqual(Array(20 - stored).fill('queue_full'))
    expect(numbersIn(dir, log)).toEqual(Array.from({ length: stored }, (_, n) => n))
  })

  test('refuses while the disk is nearly full', async () => {
    const dir = await kit.dir()
    const files = { ...machineFiles, freeBytes: async () => 999 }
    const log = await kit.open(dir, { files, minFreeBytes: 1_000 })
    expect(reasons(await log.stream.put([record(0)]))).toEqual(['disk_full'])
    expect(log.status().refusing).toBe('disk_full')
  })

  test('refuses once a consumer cannot read on: nothing of what comes in would be counted', async () => {
    const dir = await kit.dir()
    const log = await kit.open(dir)
    expect(reasons(await log.stream.put([record(0)]))).toEqual(['stored'])
    failConsumer(log.shared)
    expect(reasons(await log.stream.put([record(1)]))).toEqual(['consumer_failed'])
    expect(log.status().refusing).toBe('consumer_failed')
  })

  test('refuses after close', async () => {
    const dir = await kit.dir()
    const log = await kit.open(dir)
    await kit.close(log)
    expect(reasons(await log.stream.put([record(0)]))).toEqual(['shutting_down'])
  })

  test('a record that no block can hold is an error, and nothing of its call is stored', async () => {
    const dir = await kit.dir()
    const log = await kit.open(dir)
    const put = log.stream.put([record(0), record(1, { data: 'x'.repeat(1 << 20) })])
    await expect(put).rejects.toMatchObject({ code: 'too_large' })
    expect(readAll(dir, log)).toEqual([])
  })
})

describe('a failing disk', () => {
  const cases: readonly (readonly [string, Faults])[] = [
    ['a write that finds no space', { write: 'ENOSPC' }],
    ['a write that fails half-way', { halfWrite: 'EIO' }],
    ['a sync that fails', { sync: 'EIO' }],
  ]
  test.each(cases)('%s refuses the commit, and only what is sent again is stored', async (_, fault) => {
    const dir = await kit.dir()
    const faults: Faults = {}
    const log = await kit.open(dir, { files: faultyFiles(faults) })
    await log.stream.put(records(0, 3))
    Object.assign(faults, fault)
    expect(reasons(await log.stream.put(records(3, 5)))).toEqual(['storage_failed', 'storage_failed'])
    for (const name of Object.keys(fault)) delete faults[name as keyof Faults]
    await until(() => log.status().refusing === undefined)
    expect((await stat(segmentPath(dir, 0))).size).toBe(committedEnd(log.shared))
    expect(reasons(await log.stream.put(records(5, 7)))).toEqual(['stored', 'stored'])
    expect(numbersIn(dir, log)).toEqual([0, 1, 2, 5, 6])
    const after = await kit.open(await kit.crashed(dir))
    expect(await after.ledger.epoch(record(0).epoch)).toMatchObject({ accepted: { 'page.view': 5 } })
    expect(kit.reported).toMatchObject([{ code: 'storage_failed' }])
  })

  test('what was queued behind a failed commit is refused with it, so that no partition is reordered', async () => {
    const dir = await kit.dir()
    const held = Promise.withResolvers<void>()
    const faults: Faults = {}
    const log = await kit.open(dir, { files: faultyFiles(faults) })
    Object.assign(faults, { hold: held.promise, sync: 'EIO' })
    const first = log.stream.put([record(0)])
    await sleep(20)
    const second = log.stream.put([record(1)])
    held.resolve()
    expect(reasons(await first)).toEqual(['storage_failed'])
    delete faults.sync
    expect(reasons(await second)).toEqual(['storage_failed'])
  })

  test('a log that cannot be cut back refuses until it can', async () => {
    const dir = await kit.dir()
    const faults: Faults = {}
    const log = await kit.open(dir, { files: faultyFiles(faults) })
    await log.stream.put([record(0)])
    Object.assign(faults, { sync: 'EIO', truncate: 'EROFS' })
    await log.stream.put([record(1)])
    await until(() => kit.reported.length === 2)
    delete faults.sync
    expect(reasons(await log.stream.put([record(2)]))).toEqual(['storage_failed'])
    kit.time += 60_000
    expect(await log.ledger.epoch(record(0).epoch)).toMatchObject({ closed: false })
    delete faults.truncate
    await until(() => log.status().refusing === undefined)
    expect(await log.ledger.epoch(record(0).epoch)).toMatchObject({
      closed: true,
      accepted: { 'page.view': 1 },
    })
    expect(numbersIn(dir, log)).toEqual([0])
  })
})
