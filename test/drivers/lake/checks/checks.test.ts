import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkOf } from '../../../../drivers/lake/checks/file-check.ts'
import {
  checkFolder,
  differing,
  noteReplacement,
  readFolderChecks,
} from '../../../../drivers/lake/checks/folder-checks.ts'
import { writeRawCheck } from '../../../../drivers/lake/checks/raw-checks.ts'
import { createVerifier } from '../../../../drivers/lake/checks/verifier.ts'
import { openFolder } from '../../../../drivers/lake/folder/folder.ts'

let lake: string
beforeEach(async () => {
  lake = await mkdtemp(join(tmpdir(), 'tributary-checks-'))
})
afterEach(() => rm(lake, { recursive: true }))

const CURATED = 'curated/type=a/epoch=20260101T000000Z'
const RAW = 'raw/type=a/epoch=20260101T000000Z/0000000000000000.ndjson'
const curated = { kind: 'curated', type: 'a', epoch: 0, parts: [`${CURATED}/part.parquet`] } as const
const raw = { kind: 'raw', type: 'a', epoch: 0, parts: [RAW] } as const

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path)
  bytes[2]! ^= 1
  await writeFile(path, bytes)
}

test('a folder that takes its place is verified when it is read, and so is the one after it', async () => {
  const folder = await openFolder(lake)
  for (const content of ['first content', 'second content']) {
    await folder.put('staged/new/part.parquet', content)
    await folder.replace('staged/new', CURATED)
    await createVerifier(lake)([curated])
  }
  await flip(join(lake, curated.parts[0]))
  await expect(createVerifier(lake)([curated])).rejects.toMatchObject({
    code: 'corrupt_data',
    message: expect.stringContaining('part.parquet is damaged'),
  })
  const contents = (await readFolderChecks(lake, CURATED))!
  expect(differing(await checkFolder(join(lake, CURATED)), contents)).toBe('part.parquet')
  await rm(join(lake, curated.parts[0]))
  expect(differing(await checkFolder(join(lake, CURATED)), contents)).toBe('part.parquet')
})

test('a crash between noting what comes and moving it leaves a folder that is right as it was', async () => {
  const folder = await openFolder(lake)
  await folder.put('staged/new/part.parquet', 'first content')
  await folder.replace('staged/new', CURATED)
  await folder.put('staged/new/part.parquet', 'second content')
  await noteReplacement(lake, 'staged/new', CURATED)
  await createVerifier(lake)([curated])
  const contents = (await readFolderChecks(lake, CURATED))!
  expect(differing(await checkFolder(join(lake, CURATED)), contents)).toBeUndefined()
})

test('a raw file is verified by its checksum, or while it grows by what is known of its beginning', async () => {
  await mkdir(join(lake, 'raw/type=a/epoch=20260101T000000Z'), { recursive: true })
  await writeFile(join(lake, RAW), '{"a":1}\n{"a":2}\n')
  const verify = createVerifier(lake)
  await verify([raw])
  const begins = await checkOf(join(lake, RAW), { length: 8 })
  await createVerifier(lake, async () => begins)([raw])
  const other = { ...begins, crc: begins.crc ^ 1 }
  await expect(createVerifier(lake, async () => other)([raw])).rejects.toMatchObject({ code: 'corrupt_data' })
  const check = await checkOf(join(lake, RAW), { lines: true })
  expect(check).toMatchObject({ bytes: 16, lines: 2 })
  await writeRawCheck(lake, RAW, check)
  await verify([raw])
  await flip(join(lake, RAW))
  await expect(verify([raw])).rejects.toMatchObject({ code: 'corrupt_data' })
})
