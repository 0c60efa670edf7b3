import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Claim } from '../../../../core/ports/markers.ts'
import {
  type MarkerTable,
  type MarkerTableOptions,
  openMarkerTable,
} from '../../../../drivers/markers/table/table.ts'
import { claim, describeMarkers } from '../../../contracts/markers.ts'

const HOUR = 3_600_000

let folder: string
const copies: string[] = []
const opened: MarkerTable[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'markers-'))
})
afterEach(async () => {
  for (const table of opened.splice(0)) await table.close()
  for (const path of [folder, ...copies.splice(0)]) await rm(path, { recursive: true, force: true })
})

async function open(options: Partial<MarkerTableOptions> = {}): Promise<MarkerTable> {
  const table = await openMarkerTable({ folder, horizon: 3, epochLength: HOUR, capacity: 10, ...options })
  opened.push(table)
  return table
}

/** `count` claims of new ids, five a record, all in one epoch. */
function claims(count: number, from = 0, epoch = 0): Claim[] {
  return Array.from({ length: count }, (_, i) =>
    claim(`id-${from + i}`, 1 + Math.floor((from + i) / 5), (from + i) % 5, epoch),
  )
}

const all = (verdict: string, count: number) => Array.from({ length: count }, () => verdict)
const files = async (kind: string) => (await readdir(folder)).filter(name => name.startsWith(kind)).sort()

for (const capacity of [undefined, 7]) {
  describeMarkers(`the marker table with ${capacity ?? 'the default'} entries a table`, async settings => {
    const own = await mkdtemp(join(tmpdir(), 'markers-contract-'))
    const options = { folder: own, ...settings, filterMemoryBytes: 0 }
    const markers = await openMarkerTable(capacity === undefined ? options : { ...options, capacity })
    const dispose = async () => {
      await markers.close()
      await rm(own, { recursive: true, force: true })
    }
    return { markers, dispose }
  })
}

describe('a marker table on disk', () => {
  test('remembers everything after it was closed and opened again', async () => {
    const before = await open()
    await before.claim(claims(1_000))
    await before.close()
    const after = await open()
    expect(await after.claim(claims(1_000))).toEqual(all('redelivery', 1_000))
    expect(after.stats()).toMatchObject({ entries: 1_000, spilledTables: 99 })
  })

  test('remembers what was claimed before a checkpoint when it is never closed', async () => {
    const table = await open({ capacity: 1_000 })
    await table.claim(claims(100))
    await table.checkpoint()
    await table.claim(claims(20, 100))
    await table.checkpoint()
    await table.claim(claims(30, 120))
    const copy = await copyOfFolder()
    const recovered = await open({ folder: copy, capacity: 1_000 })
    expect(recovered.stats().entries).toBe(120)
    expect(await recovered.claim(claims(150))).toEqual([...all('redelivery', 120), ...all('first', 30)])
  })

  test('a checkpoint without new claims writes nothing', async () => {
    const table = await open()
    await table.claim(claims(3))
    await table.checkpoint()
    const journal = await readFile(join(folder, 'journal-00000000'))
    await table.checkpoint()
    expect(await readFile(join(folder, 'journal-00000000'))).toEqual(journal)
  })

  test('a journal longer than a table now may be is kept whole', async () => {
    const before = await open({ capacity: 100 })
    await before.claim(claims(90))
    await before.close()
    const after = await open({ capacity: 10 })
    expect(await after.claim(claims(91))).toEqual([...all('redelivery', 90), 'first'])
  })

  test('tables and filters beyond the horizon are deleted at checkpoints', async () => {
    const table = await open()
    for (let epoch = 0; epoch < 40; epoch++) {
      await table.claim(claims(50, epoch * 50, epoch))
      await table.checkpoint()
    }
    expect((await files('table')).length).toBeLessThan(40)
    expect((await files('filter')).length).toBeLessThan(7)
    expect(await table.claim(claims(200, 1_800, 39))).toEqual(all('redelivery', 200))
  })

  test('a longer horizon is taken as long as nothing is forgotten, and refused with its remedy afterwards', async () => {
    const young = await open()
    await young.claim(claims(50))
    await young.close()
    const longer = await open({ horizon: 5 })
    for (let epoch = 1; epoch < 20; epoch++) {
      await longer.claim(claims(50, epoch * 50, epoch))
      await longer.checkpoint()
    }
    await longer.close()
    await expect(open({ horizon: 6 })).rejects.toThrow(/DEDUPE_HORIZON=18000s, or run "npx tributary doctor"/)
    await (await open({ horizon: 4 })).close()
    await expect(open({ horizon: 5 })).rejects.toMatchObject({ code: 'invalid_setting' })
  })

  test('a folder of an earlier version, which forgot after 24 epochs, is used on with as many', async () => {
    const table = await open()
    for (let epoch = 0; epoch < 20; epoch++) {
      await table.claim(claims(50, epoch * 50, epoch))
      await table.checkpoint()
    }
    await table.close()
    await rm(join(folder, 'remembered.json'))
    await expect(open({ horizon: 25 })).rejects.toMatchObject({ code: 'invalid_setting' })
    await (await open({ horizon: 24 })).close()
  })

  test('filters that do not fit the memory they may use are read from disk', async () => {
    const roomy = await open()
    await roomy.claim(claims(1_000))
    await roomy.close()
    const tight = await open({ filterMemoryBytes: 0 })
    expect(tight.stats().memoryBytes).toBeLessThan(roomy.stats().memoryBytes)
    expect(await tight.claim(claims(2_000))).toEqual([...all('redelivery', 1_000), ...all('first', 1_000)])
  })

  test('filters that a crash kept from being written are built anew', async () => {
    const before = await open()
    await before.claim(claims(200))
    await before.close()
    for (const name of await files('filter')) await rm(join(folder, name))
    const after = await open()
    expect(await files('filter')).toHaveLength(3)
    expect(await after.claim(claims(200))).toEqual(all('redelivery', 200))
  })

  test('leftovers of a crash are removed and foreign files are not', async () => {
    const before = await open()
    await before.claim(claims(25))
    await before.close()
    const leftovers = [
      'table-00000002.unfinished',
      'filter-00000000.unfinished',
      'journal-00000001',
      'filter-00000009',
    ]
    for (const name of [...leftovers, 'notes.txt']) await writeFile(join(folder, name), 'half')
    const after = await open()
    const names = await readdir(folder)
    expect(names.filter(name => leftovers.includes(name))).toEqual([])
    expect(names).toContain('notes.txt')
    expect(await after.claim(claims(25))).toEqual(all('redelivery', 25))
  })

  test('the fingerprints of two folders have nothing in common', async () => {
    const other = await copyOfFolder()
    for (const each of [await open(), await open({ folder: other })]) {
      await each.claim(claims(5))
      await each.checkpoint()
    }
    const [a, b] = await Promise.all([folder, other].map(path => readFile(join(path, 'journal-00000000'))))
    expect(a!.subarray(32, 48)).not.toEqual(b!.subarray(32, 48))
  })

  test('a claim after close is refused', async () => {
    const table = await open()
    await table.close()
    await expect(table.claim(claims(1))).rejects.toMatchObject({ code: 'unavailable' })
    await expect(table.checkpoint()).rejects.toMatchObject({ code: 'unavailable' })
  })

  test.each([{ horizon: -1 }, { epochLength: 0 }, { capacity: 0 }, { capacity: 1.5 }])(
    'impossible settings are refused: %o',
    async options => {
      await expect(open(options)).rejects.toMatchObject({ code: 'invalid_setting' })
    },
  )

  test('a sequence number that a double cannot hold is refused', async () => {
    const table = await open()
    await expect(table.claim([{ ...claim('a', 1), sequence: '9007199254740993' }])).rejects.toMatchObject({
      code: 'internal',
    })
  })
})

describe('a damaged marker table', () => {
  test('a journal cut at any byte gives the checkpoints that are whole', async () => {
    const table = await open({ capacity: 100 })
    for (let i = 0; i < 4; i++) {
      await table.claim(claims(3, 3 * i))
      await table.checkpoint()
    }
    const journal = 'journal-00000000'
    const size = (await readFile(join(folder, journal))).length
    for (let length = 0; length < size; length += 7) {
      const copy = await copyOfFolder()
      // As a power cut leaves it: the mark is never synced.
      await rm(join(copy, 'durable'))
      await truncate(join(copy, journal), length)
      const recovered = await openMarkerTable({ folder: copy, horizon: 3, epochLength: HOUR, capacity: 100 })
      expect(recovered.stats().entries).toBe(3 * Math.floor(length / (size / 4)))
      await recovered.claim(claims(12))
      await recovered.close()
      const again = await open({ folder: copy, capacity: 100 })
      expect(again.stats().entries).toBe(12)
    }
  })

  test('a journal or a table that was durable and is not there any more is corrupt data', async () => {
    const table = await open({ capacity: 4 })
    for (let i = 0; i < 6; i++) {
      await table.claim(claims(3, 3 * i))
      await table.checkpoint()
    }
    for (const name of (await readdir(folder)).filter(each => /^(table|journal)/.test(each))) {
      const copy = await copyOfFolder()
      await rm(join(copy, name))
      await expect(open({ folder: copy, capacity: 4 }), name).rejects.toMatchObject({ code: 'corrupt_data' })
    }
    const copy = await copyOfFolder()
    const journal = (await readdir(folder)).find(name => name.startsWith('journal'))!
    await truncate(join(copy, journal), (await readFile(join(copy, journal))).length - 10)
    await expect(open({ folder: copy, capacity: 4 })).rejects.toMatchObject({ code: 'corrupt_data' })
  })

  test('a flipped bit before the last checkpoint of a journal is corrupt data', async () => {
    const table = await open()
    for (const from of [0, 3]) {
      await table.claim(claims(3, from))
      await table.checkpoint()
    }
    for (const at of [1, 5, 13, 40, 100]) {
      const copy = await copyOfFolder()
      await flipBit(join(copy, 'journal-00000000'), at)
      await expect(open({ folder: copy })).rejects.toMatchObject({
        code: 'corrupt_data',
        message: expect.stringContaining(join(copy, 'journal-00000000')),
      })
    }
  })

  test.each(['table-00000001', 'filter-00000000', 'fingerprint.key'])(
    'a bit flipped anywhere in %s is corrupt data that names the file',
    async name => {
      const table = await open()
      await table.claim(claims(45))
      await table.checkpoint()
      const size = (await readFile(join(folder, name))).length
      for (let at = 0; at < size; at += 13) {
        const copy = await copyOfFolder()
        await flipBit(join(copy, name), at)
        const use = open({ folder: copy }).then(damaged => damaged.claim(claims(45)))
        await expect(use).rejects.toMatchObject({
          code: 'corrupt_data',
          message: expect.stringContaining(join(copy, name)),
        })
      }
    },
  )

  test('a folder that lost the key of its fingerprints is corrupt', async () => {
    const table = await open()
    await table.claim(claims(45))
    await table.close()
    await rm(join(folder, 'fingerprint.key'))
    await expect(open()).rejects.toMatchObject({ code: 'corrupt_data' })
  })
})

describe('a marker table whose disk fails', () => {
  test('a failed spill rejects the next claim with its cause and is tried again', async () => {
    const table = await open()
    const obstacle = join(folder, 'table-00000000.unfinished')
    await mkdir(obstacle)
    await table.claim(claims(15))
    await expect
      .poll(() => outcome(table.claim([])))
      .toMatchObject({ code: 'storage_failed', retryable: true })
    // Neither reports success: what the failed table holds is not durable, though later claims could be.
    const checkpoints = await Promise.all([outcome(table.checkpoint()), outcome(table.checkpoint())])
    expect(checkpoints).toMatchObject([{ code: 'storage_failed' }, { code: 'storage_failed' }])
    await rm(obstacle, { recursive: true })
    await expect.poll(() => outcome(table.checkpoint())).toBe('done')
    expect(table.stats().spilledTables).toBe(1)
    expect(await table.claim(claims(15))).toEqual(all('redelivery', 15))
  })

  test('claims wait when two tables wait for the disk, and are refused when it fails', async () => {
    const table = await open()
    const obstacle = join(folder, 'table-00000000.unfinished')
    await mkdir(obstacle)
    await expect(table.claim(claims(100))).rejects.toMatchObject({
      code: 'storage_failed',
      cause: expect.any(Error),
    })
    expect(table.stats().entries).toBe(30)
    await rm(obstacle, { recursive: true })
    await expect.poll(() => outcome(table.claim([]))).toBe('done')
    expect(await table.claim(claims(100))).toEqual([...all('redelivery', 30), ...all('first', 70)])
  })

  test('calls that wait for the disk keep their order', async () => {
    const table = await open({ capacity: 3 })
    const calls = Array.from({ length: 30 }, (_, i) =>
      table.claim([claim('shared', i + 1, 5), ...claims(5, 5 * i)]),
    )
    const verdicts = await Promise.all(calls)
    expect(verdicts[0]).toEqual(all('first', 6))
    for (const later of verdicts.slice(1)) expect(later).toEqual(['duplicate', ...all('first', 5)])
  })

  test('a failed checkpoint rejects, and the next one makes the same claims durable', async () => {
    const table = await open()
    const obstacle = join(folder, 'journal-00000000')
    await mkdir(obstacle)
    await table.claim(claims(5))
    await expect(table.checkpoint()).rejects.toMatchObject({
      code: 'storage_failed',
      cause: expect.any(Error),
    })
    await rm(obstacle, { recursive: true })
    await table.checkpoint()
    const recovered = await open({ folder: await copyOfFolder() })
    expect(recovered.stats().entries).toBe(5)
  })
})

test('kill -9 at any moment loses no claim of a finished checkpoint', async () => {
  for (let round = 0; round < 5; round++) {
    const confirmed = await claimUntilKilled(round)
    const table = await openMarkerTable({ folder, horizon: 3, epochLength: HOUR, capacity: 500 })
    expect(await table.claim(claims(confirmed))).toEqual(all('redelivery', confirmed))
    await table.close()
    await rm(folder, { recursive: true })
  }
})

/**
 * Starts a child that claims and checkpoints as fast as it can; answers how many claims it said were durable.
 */
async function claimUntilKilled(round: number): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let confirmed = 0
  createInterface({ input: child.stdout }).on('line', line => {
    confirmed = Number(line)
    if (confirmed > 1_000) setTimeout(() => child.kill('SIGKILL'), 17 * round)
  })
  await once(child, 'close')
  return confirmed
}

async function copyOfFolder(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'markers-copy-'))
  copies.push(copy)
  await cp(folder, copy, { recursive: true })
  return copy
}

async function flipBit(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at]! ^= 0x10
  await writeFile(path, bytes)
}

async function outcome(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'done',
    error => error,
  )
}
