import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRawLines } from '../../../drivers/raw/raw-lines.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-lines-'))
})
afterAll(() => rm(folder, { recursive: true }))

const AT = 1_772_323_200_000
const lineOf = (ms: number, i: number, text: string) =>
  JSON.stringify({ tbreceipt: `${AT + ms}-test00-0000000-${String(i).padStart(3, '0')}`, id: text })

/** Lines in the order of receipts, some of them longer than what is read at once. */
const lines = fc
  .array(
    fc.record({
      step: fc.nat(3),
      text: fc.string({ unit: 'binary' }),
      long: fc.integer({ min: 1, max: 60 }),
    }),
    {
      maxLength: 60,
    },
  )
  .map(all => {
    let ms = 0
    return all.map(({ step, text, long }, i) => {
      ms += step
      return lineOf(
        ms,
        i,
        long === 60 ? text + 'x'.repeat(1_200_000) : long > 50 ? text + 'y'.repeat(9000) : text,
      )
    })
  })

const stored = fc.constantFrom('0000000000000032.ndjson', 'restored-20260301T000000Z-1.jsonl', 'a.jsonl.gz')

async function write(name: string, all: readonly string[], torn: string): Promise<void> {
  const text = all.map(line => `${line}\n`).join('')
  await writeFile(join(folder, name), name.endsWith('.gz') ? gzipSync(text) : text)
  // What is being written has no end yet.
  if (!name.endsWith('.gz')) await appendFile(join(folder, name), torn)
}

describe('raw lines', () => {
  test('are given back from the newest on, those of an instant and before, each once', async () => {
    await fc.assert(
      fc.asyncProperty(lines, stored, fc.integer({ min: -1, max: 200 }), async (all, name, before) => {
        await write(name, all, '{"tbreceipt":"1')
        const found: string[] = []
        for await (const stretch of openRawLines(folder).backwards(name, AT + before))
          found.push(...stretch.lines)
        const expected = all.filter(line => Number(line.slice(14, 27)) <= AT + before).toReversed()
        expect(found.length).toBe(expected.length)
        expect(found.every((line, i) => line === expected[i])).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('that have a text are found, wherever it lies', async () => {
    await fc.assert(
      fc.asyncProperty(lines, stored, fc.nat(59), async (all, name, place) => {
        await write(name, all, lineOf(0, 0, 'torn').slice(0, -2))
        const id = (JSON.parse(all[place % Math.max(1, all.length)] ?? '{"id":"none"}') as { id: string }).id
        const text = `"id":${JSON.stringify(id)}`
        const found: string[] = []
        for await (const line of openRawLines(folder).having(name, text)) found.push(line)
        const expected = all.filter(line => line.includes(text))
        expect(found.length).toBe(expected.length)
        expect(found.every((line, i) => line === expected[i])).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('of an object that is gone are none', async () => {
    for await (const line of openRawLines(folder).having('gone.ndjson', 'x')) throw new Error(line)
    for await (const stretch of openRawLines(folder).backwards('gone.ndjson', AT))
      throw new Error(String(stretch))
  })
})
