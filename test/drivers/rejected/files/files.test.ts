import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  openRejectedFiles,
  type RejectedFiles,
  type RejectedFilesOptions,
} from '../../../../drivers/rejected/files/files.ts'
import { rejectedContract, rejection } from '../../../contracts/rejected.ts'

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 0, 31, 12)
const root = await mkdtemp(join(tmpdir(), 'tributary-rejected-'))
const opened: RejectedFiles[] = []
afterAll(async () => {
  await Promise.all(opened.map(store => store.close()))
  await rm(root, { recursive: true })
})

let folders = 0
const newFolder = () => join(root, String(folders++))
const open = async (folder = newFolder(), more: Partial<RejectedFilesOptions> = {}) => {
  const store = await openRejectedFiles({ folder, now: () => NOON, ...more })
  opened.push(store)
  return store
}

rejectedContract('files', () => open())

test('everything is there after a start anew, with what was replayed', async () => {
  const folder = newFolder()
  const first = await open(folder)
  await first.put([rejection(0), rejection(1)])
  await first.markReplayed([rejection(0).receipt])
  await first.close()
  const second = await open(folder)
  expect((await second.list({ limit: 10 })).events.map(one => one.replayed)).toEqual([true, false])
})

test('a line torn by a crash is not listed, and cut off by the next write', async () => {
  const folder = newFolder()
  const first = await open(folder)
  await first.put([rejection(0)])
  await first.close()
  await appendFile(join(folder, '20260131T120000Z.ndjson'), '{"receipt":"17')
  await appendFile(join(folder, 'replayed.txt'), '17')
  const second = await open(folder)
  expect((await second.list({ limit: 10 })).events).toHaveLength(1)
  await second.put([rejection(1)])
  await second.markReplayed([rejection(1).receipt])
  const { events } = await second.list({ limit: 10 })
  expect(events.map(one => [one.id, one.replayed])).toEqual([
    ['id-0', false],
    ['id-1', true],
  ])
})

test('a torn file without any line end starts from nothing', async () => {
  const folder = newFolder()
  const store = await open(folder)
  await writeFile(join(folder, '20260131T120000Z.ndjson'), 'x'.repeat(200_000))
  await store.put([rejection(1)])
  expect((await store.list({ limit: 10 })).events.map(one => one.id)).toEqual(['id-1'])
})

test('hours get a file each, and retention removes them', async () => {
  const folder = newFolder()
  let now = NOON
  const store = await open(folder, { now: () => now, retention: 5 * HOUR })
  await store.put([rejection(0)])
  await store.markReplayed([rejection(0).receipt])
  now += 2 * HOUR
  await store.put([rejection(2 * HOUR)])
  expect((await readdir(folder)).filter(name => name.endsWith('.ndjson'))).toHaveLength(2)
  now += 4 * HOUR + 1
  await store.put([rejection(6 * HOUR)])
  expect((await store.list({ limit: 10 })).events.map(one => one.receivedAt - NOON)).toEqual([
    2 * HOUR,
    6 * HOUR,
  ])
  await store.close()
  const again = await open(folder, { now: () => now, retention: 5 * HOUR })
  expect((await again.list({ limit: 10 })).events).toHaveLength(2)
})

test('beyond its bytes the store refuses, to be tried again later', async () => {
  const store = await open(undefined, { maxBytes: 1000 })
  await store.put([rejection(0)])
  const full = store.put([rejection(1, { event: JSON.stringify('x'.repeat(1000)) })])
  await expect(full).rejects.toMatchObject({ code: 'storage_failed', retryable: true })
  expect((await store.list({ limit: 10 })).events).toHaveLength(1)
})

test('a large event is one line like any other', async () => {
  const store = await open()
  const event = JSON.stringify('ü'.repeat(1_000_000))
  await store.put([rejection(0, { event }), rejection(1)])
  const { events } = await store.list({ limit: 10 })
  expect([events[0]?.event.length, events[1]?.id]).toEqual([event.length, 'id-1'])
})

test('a closed store refuses', async () => {
  const store = await open()
  await store.close()
  await expect(store.put([rejection(0)])).rejects.toMatchObject({ code: 'unavailable' })
})
