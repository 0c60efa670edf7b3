import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { gunzipPieces, gunzipWhole, isGzipError } from '../../../drivers/files/gunzip.ts'

const folder = await mkdtemp(join(tmpdir(), 'tributary-gunzip-'))
afterAll(() => rm(folder, { recursive: true }))

const LIMIT = 1_000_000

/** Both ways to inflate: the bytes of a request, and a file. */
const ways: Readonly<Record<string, (bytes: Buffer) => Promise<string>>> = {
  'a body': async bytes => (await gunzipWhole(bytes, LIMIT)).toString(),
  'a file': async bytes => {
    const path = join(folder, 'file')
    await writeFile(path, bytes)
    await using file = await open(path)
    return Buffer.concat(await Array.fromAsync(gunzipPieces(file))).toString()
  },
}

/** Members with zeros behind each: some, none, or more than a stream reads at once. */
const members = fc.array(
  fc.record({ text: fc.string(), zeros: fc.oneof(fc.nat(600), fc.constant(0), fc.constant(140_000)) }),
  { minLength: 1, maxLength: 5 },
)

describe.each(Object.entries(ways))('gzip of %s', (_, inflate) => {
  test('is read whole, however its members are padded with zeros', async () => {
    await fc.assert(
      fc.asyncProperty(members, async parts => {
        const bytes = parts.flatMap(({ text, zeros }) => [gzipSync(text), Buffer.alloc(zeros)])
        expect(await inflate(Buffer.concat(bytes))).toBe(parts.map(({ text }) => text).join(''))
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    ['text behind a member', [gzipSync('a'), Buffer.from('hello, I am no gzip')]],
    ['one byte behind a member', [gzipSync('a'), Buffer.from('x')]],
    ['text behind padding', [gzipSync('a'), Buffer.alloc(64), Buffer.from('hello, I am no gzip')]],
    [
      'a member that is cut off behind padding',
      [gzipSync('a'), Buffer.alloc(9), gzipSync('bb').subarray(0, 15)],
    ],
    ['padding before the first member', [Buffer.alloc(4), gzipSync('a')]],
    ['nothing', []],
  ])('with %s is refused', async (_what, parts) => {
    await expect(inflate(Buffer.concat(parts))).rejects.toSatisfy(isGzipError)
  })
})

test('a bomb in many members ends at the limit', async () => {
  const bomb = Buffer.concat([gzipSync('x'.repeat(LIMIT)), Buffer.alloc(3), gzipSync('x')])
  await expect(gunzipWhole(bomb, LIMIT)).rejects.toBeInstanceOf(RangeError)
  await expect(gunzipWhole(bomb, LIMIT + 1)).resolves.toHaveLength(LIMIT + 1)
})
