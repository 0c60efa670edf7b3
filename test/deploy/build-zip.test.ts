import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, inflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { zipFolder } from '../../deploy/build-zip.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zip-'))
  mkdirSync(join(folder, 'b', 'ü'), { recursive: true })
  writeFileSync(join(folder, 'a.mjs'), 'export const a = 1\n'.repeat(1000))
  writeFileSync(join(folder, 'b', 'ü', 'run.sh'), '#!/bin/sh\n')
  chmodSync(join(folder, 'b', 'ü', 'run.sh'), 0o755)
})
afterEach(() => rmSync(folder, { recursive: true }))

test('an archive holds every file under its prefix, whole, and whether it can be run', async () => {
  expect(read(await zipFolder(folder, '.build/x/'))).toEqual([
    { name: '.build/x/a.mjs', text: 'export const a = 1\n'.repeat(1000), mode: 0o100644 },
    { name: '.build/x/b/ü/run.sh', text: '#!/bin/sh\n', mode: 0o100755 },
  ])
})

test('equal files make equal archives, whenever they were written', async () => {
  const first = await zipFolder(folder)
  utimesSync(join(folder, 'a.mjs'), new Date(0), new Date(86_400_000))
  expect((await zipFolder(folder)).equals(first)).toBe(true)
})

/** Reads an archive by its central directory, as unpackers do. */
function read(zip: Buffer) {
  const end = zip.length - 22
  expect(zip.readUInt32LE(end)).toBe(0x06054b50)
  let at = zip.readUInt32LE(end + 16)
  return Array.from({ length: zip.readUInt16LE(end + 10) }, () => {
    const nameLength = zip.readUInt16LE(at + 28)
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    const local = zip.readUInt32LE(at + 42)
    const start = local + 30 + zip.readUInt16LE(local + 26)
    const content = inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(at + 20)))
    expect([crc32(content), content.length]).toEqual([zip.readUInt32LE(at + 16), zip.readUInt32LE(at + 24)])
    const mode = zip.readUInt32LE(at + 38) >>> 16
    at += 46 + nameLength
    return { name, text: content.toString(), mode }
  })
}
