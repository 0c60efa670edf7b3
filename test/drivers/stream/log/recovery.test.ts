import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BLOCK_HEADER } from '../../../../drivers/stream/log/block.ts'
import { endMarkPath } from '../../../../drivers/stream/log/segment.ts'
import { committedEnd } from '../../../../drivers/stream/log/shared.ts'
import { LogKit, numbersIn, readAll, record, records } from './kit.ts'

let kit: LogKit
beforeEach(() => {
  kit = new LogKit()
})
afterEach(() => kit.clear())

/** A folder as a crash leaves it after puts of three records each, and where its last block begins. */
async function crashedAfter(
  puts: number,
  segmentBytes = 1 << 20,
): Promise<{ dir: string; lastBlock: number }> {
  const dir = await kit.dir()
  const log = await kit.open(dir, { segmentBytes })
  let lastBlock = 0
  for (let put = 0; put < puts; put += 1) {
    lastBlock = committedEnd(log.shared)
    await log.stream.put(records(put * 3, put * 3 + 3))
  }
  return { dir: await kit.crashed(dir), lastBlock }
}

/** As a power cut leaves it: the mark that is never synced may be older, or not there. */
async function powerCutAfter(puts: number): Promise<{ dir: string; lastBlock: number }> {
  const crashed = await crashedAfter(puts)
  await rm(endMarkPath(crashed.dir))
  return crashed
}

async function flipByte(path: string, offset: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[offset]! ^= 0x01
  await writeFile(path, bytes)
}

async function segmentsOf(dir: string): Promise<string[]> {
  const names = await readdir(dir)
  return names
    .filter(name => name.endsWith('.log'))
    .sort()
    .map(name => join(dir, name))
}

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, index) => index)

describe('recovery', () => {
  test('cuts a last block off, at whatever byte it ends, and goes on from there', async () => {
    const { dir, lastBlock } = await powerCutAfter(3)
    const [path] = await segmentsOf(dir)
    const whole = await readFile(path!)
    for (let length = lastBlock; length < whole.length; length += 1) {
      await writeFile(path!, whole.subarray(0, length))
      const copy = await kit.crashed(dir)
      const log = await kit.open(copy)
      expect(numbersIn(copy, log)).toEqual(upTo(6))
      expect(committedEnd(log.shared)).toBe(lastBlock)
      await log.stream.put(records(6, 9))
      expect(numbersIn(copy, log)).toEqual(upTo(9))
      expect(await log.ledger.epoch(record(0).epoch)).toMatchObject({ accepted: { 'page.view': 9 } })
      await kit.close(log)
    }
  })

  test('keeps a last block that is whole although nobody was told that it is stored', async () => {
    const { dir } = await crashedAfter(3)
    expect(numbersIn(dir, await kit.open(dir))).toEqual(upTo(9))
  })

  test('names a last block that is damaged or gone although it was acknowledged', async () => {
    const { dir, lastBlock } = await crashedAfter(2)
    const [path] = await segmentsOf(dir)
    const whole = await readFile(path!)
    const refused = { code: 'corrupt_data', message: expect.stringContaining('tributary doctor') }
    await flipByte(path!, lastBlock + 40)
    await expect(kit.open(dir)).rejects.toMatchObject(refused)
    await writeFile(path!, whole.subarray(0, lastBlock))
    await expect(kit.open(dir)).rejects.toMatchObject(refused)
  })

  test('names a log that ends before what its consumers have read: new records would lie behind them', async () => {
    const { dir, lastBlock } = await powerCutAfter(2)
    const [path] = await segmentsOf(dir)
    const reached = (await readFile(path!)).length
    await truncate(path!, lastBlock)
    await expect(kit.open(dir, { reached })).rejects.toMatchObject({
      code: 'corrupt_data',
      message: expect.stringContaining('tributary doctor'),
    })
  })

  test('cuts a last block off when one of its bits is wrong, wherever it is', async () => {
    const { dir, lastBlock } = await powerCutAfter(2)
    const [path] = await segmentsOf(dir)
    const whole = await readFile(path!)
    for (let offset = lastBlock; offset < whole.length; offset += 7) {
      await writeFile(path!, whole)
      await flipByte(path!, offset)
      const copy = await kit.crashed(dir)
      const log = await kit.open(copy)
      expect(numbersIn(copy, log)).toEqual(upTo(3))
      await kit.close(log)
    }
  })

  test('reports damage before the last commit, because that was acknowledged', async () => {
    const { dir } = await crashedAfter(3)
    const [path] = await segmentsOf(dir)
    await flipByte(path!, BLOCK_HEADER + 50)
    await expect(kit.open(dir)).rejects.toMatchObject({
      code: 'corrupt_data',
      message: expect.stringMatching(/0000000000000000\.log is not intact at byte 0;/),
    })
  })

  test('reports damage in an older segment that the ledger does not cover', async () => {
    const { dir } = await crashedAfter(8, 400)
    const paths = await segmentsOf(dir)
    expect(paths.length).toBeGreaterThan(2)
    await flipByte(paths[1]!, 60)
    await expect(kit.open(dir)).rejects.toMatchObject({ code: 'corrupt_data' })
  })

  test('reports a segment that is missing', async () => {
    const { dir } = await crashedAfter(8, 400)
    const [, second] = await segmentsOf(dir)
    await truncate(second!, 0)
    await expect(kit.open(dir)).rejects.toMatchObject({ code: 'corrupt_data' })
  })

  test('reports a log that ends before what its ledger counts', async () => {
    const dir = await kit.dir()
    const log = await kit.open(dir)
    await log.stream.put(records(0, 3))
    await kit.close(log)
    const [path] = await segmentsOf(dir)
    await truncate(path!, 100)
    await expect(kit.open(dir)).rejects.toMatchObject({ code: 'corrupt_data' })
  })

  test('the clock floor is the largest arrival in the log', async () => {
    const { dir } = await crashedAfter(1)
    const written = kit.time
    kit.time -= 5_000
    expect((await kit.open(dir)).status().clockFloor).toBe(written)
  })

  test('an epoch length other than the folder was written with stops the start', async () => {
    const dir = await kit.dir()
    await kit.close(await kit.open(dir))
    await expect(kit.open(dir, { epochLength: 60_000 })).rejects.toMatchObject({ code: 'invalid_setting' })
  })
})

describe('kill -9', () => {
  test('loses nothing that was acknowledged, round after round', async () => {
    const dir = await kit.dir()
    const acknowledged: number[] = []
    for (let round = 0; round < 5; round += 1) {
      acknowledged.push(...(await writeUntilKilled(dir, round * 1_000_000)))
      const copy = await kit.crashed(dir)
      const log = await kit.open(copy, { now: Date.now })
      const found = new Set(numbersIn(copy, log))
      expect(acknowledged.filter(n => !found.has(n))).toEqual([])
      const counted = (await log.ledger.epochs(undefined)).map(epoch => epoch.accepted['page.view'] ?? 0)
      expect(counted.reduce((sum, events) => sum + events, 0)).toBe(readAll(copy, log).length)
      await kit.close(log)
    }
    expect(acknowledged.length).toBeGreaterThan(500)
  })
})

async function writeUntilKilled(dir: string, from: number): Promise<number[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-child.ts'), dir, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const acknowledged: number[] = []
  createInterface({ input: child.stdout }).on('line', line => {
    if (acknowledged.length === 0) setTimeout(() => child.kill('SIGKILL'), 40 + Math.random() * 80)
    acknowledged.push(...line.split(' ').map(Number))
  })
  await closed(child)
  return acknowledged
}

async function closed(child: ChildProcess): Promise<void> {
  await once(child, 'close')
}
