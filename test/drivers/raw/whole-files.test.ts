import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rawFolder } from '../../../core/lake/lake-paths.ts'
import { machineFiles } from '../../../drivers/files/durable.ts'
import { writeState } from '../../../drivers/raw/delivery-state.ts'
import { wholeRawFiles } from '../../../drivers/raw/whole-files.ts'

const TYPE = 'com.example.order'
const EPOCH = Date.parse('2026-11-01T00:00:00Z')
const named = (first: number) => `${rawFolder(TYPE, EPOCH)}/${String(first).padStart(16, '0')}.ndjson`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whole-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const listing = (...firsts: readonly number[]) => ({
  list: async () => firsts.map(first => ({ path: named(first), bytes: 10 })),
})

test('a file is whole once delivery has recorded that it goes on with another', async () => {
  const path = join(folder, 'raw-delivery.json')
  const open = [
    { type: TYPE, epoch: EPOCH, first: 5, length: 10 },
    { type: 'com.example.visit', epoch: EPOCH, first: 0, length: 10 },
  ]
  await writeState(machineFiles, path, { position: 9, open })
  const whole = await wholeRawFiles(listing(0, 5, 9, 12), path)(TYPE, EPOCH)
  expect(whole.map(file => file.path)).toEqual([named(0)])
})

test('without a recorded state nothing is whole', async () => {
  expect(await wholeRawFiles(listing(0), join(folder, 'none.json'))(TYPE, EPOCH)).toEqual([])
})
