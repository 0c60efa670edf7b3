import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkLmdb } from '../../../drivers/lmdb/check.ts'
import {
  checkedBytes,
  checkedValue,
  readChecked,
  readCheckedBytes,
} from '../../../drivers/lmdb/checked-value.ts'

let folder: string
let bytes: Buffer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-lmdb-'))
  const root = open({ path: folder, maxDbs: 4 })
  const texts = root.openDB<string, [string, number]>({ name: 'texts', encoding: 'string' })
  const large = root.openDB<Buffer, number>({ name: 'large', encoding: 'binary' })
  for (let round = 0; round < 6; round++) {
    for (let n = 0; n < 800; n++) void texts.put(['key', (n * 7) % 900], 'x'.repeat(n % 200))
    for (let n = 0; n < 900; n += 5) void texts.remove(['key', n])
    await large.put(round % 3, Buffer.alloc(20_000, round))
    await root.flushed
  }
  await root.close()
  bytes = await readFile(join(folder, 'data.mdb'))
})
afterAll(() => rm(folder, { recursive: true }))

async function folderWith(content: Buffer): Promise<string> {
  const copy = join(folder, 'copy')
  await mkdir(copy, { recursive: true })
  await writeFile(join(copy, 'data.mdb'), content)
  return copy
}

test('an environment as LMDB left it is in order, and so is a folder without one', async () => {
  expect(() => checkLmdb(folder, true)).not.toThrow()
  expect(() => checkLmdb(join(folder, 'none'))).not.toThrow()
})

test('a file that lacks a page in use is named before it is mapped, wherever it was cut', async () => {
  for (let length = 1; length < bytes.length / 2; length += Math.ceil(bytes.length / 40)) {
    const copy = await folderWith(bytes.subarray(0, length))
    expect(() => checkLmdb(copy), `${length} bytes`).toThrow(/copy\/data.mdb is damaged: .*tributary doctor/)
  }
})

test('no flipped bit gets by the walk over the pages and the checksums of the values', async () => {
  // Flipped in free pages, or in what nobody reads, it may: then every value is what it was.
  const intact = await readAll(folder)
  for (let n = 0; n < 60; n++) {
    const flipped = Buffer.from(bytes)
    flipped[(n * 7919) % bytes.length]! ^= 1 << (n % 8)
    const copy = await folderWith(flipped)
    try {
      checkLmdb(copy, true)
    } catch {
      continue
    }
    expect((await readAll(copy)).length).toBe(intact.length)
  }
})

async function readAll(path: string): Promise<readonly unknown[]> {
  const root = open({ path, maxDbs: 4 })
  const texts = root.openDB<string, [string, number]>({ name: 'texts', encoding: 'string' })
  const all = [...texts.getRange()]
  await root.close()
  return all
}

test('a value under another key, or another value, does not match its checksum', () => {
  const stored = checkedValue(['metric', 1], { cells: '3' })
  expect(readChecked('here', ['metric', 1], stored)).toEqual({ cells: '3' })
  expect(() => readChecked('here', ['metric', 2], stored)).toThrow(/here is damaged/)
  expect(() => readChecked('here', ['metric', 1], stored.replace('3', '7'))).toThrow(/here is damaged/)
  expect(readChecked('here', ['metric', 1], '{"cells":"3"}'), 'an earlier version').toEqual({ cells: '3' })
  const packed = checkedBytes('block', Buffer.from([1, 2, 3]))
  expect(readCheckedBytes('here', 'block', packed)).toEqual(Buffer.from([1, 2, 3]))
  expect(() => readCheckedBytes('here', 'other', packed)).toThrow(/here is damaged/)
})
