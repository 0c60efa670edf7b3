import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRun, endOf, type Files, LIMITS, makeFiles, processes } from './statements.ts'

/** Statements that would take all that there is, let alone: `npm run soak`. */
let files: Files
let run: ReturnType<typeof createRun>
beforeAll(async () => {
  files = await makeFiles()
  run = createRun(files)
})
afterAll(() => files.remove())

test.each<[string, string, string]>([
  [
    'a sort that fits no memory',
    'FROM (SELECT range AS a, random() AS r FROM range(1000000000)) ORDER BY r',
    'too_large',
  ],
  ['a group of everything', 'SELECT list(a) FROM range(1000000000) AS r(a)', 'too_large'],
  ['a text of gigabytes', "SELECT length(repeat(repeat('x', 1000000), 4000))", 'too_large'],
  [
    'texts that double',
    `WITH RECURSIVE t AS (SELECT 'x' AS s UNION ALL SELECT s || s FROM t) SELECT max(length(s)) FROM t`,
    'too_large',
  ],
  ['a pattern', "SELECT regexp_matches(repeat('a', 5000000), '(a*)*(a*)*(a*)*b')", 'an answer'],
  [
    'a join of everything',
    'SELECT count(DISTINCT hash(a.a, b.a)) FROM curated.trip AS a, curated.trip AS b, range(10000)',
    'too_large',
  ],
  ['depth', `SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)}`, 'bad_request'],
])('a bomb is bounded in time and memory: %s', async (_, sql, expected) => {
  const start = performance.now()
  const ended = endOf(run(sql, { timeMs: 5000 }))
  const largest = await largestUntil(ended)
  const end = await ended
  expect(end).toBe(expected)
  expect(performance.now() - start).toBeLessThan(8000)
  // What is taken between two looks comes on top.
  expect(largest).toBeLessThan(LIMITS.rss * 2)
})

/** The most memory that a process of a statement had until then, bytes. */
async function largestUntil(end: Promise<unknown>): Promise<number> {
  let isOver = false
  const over = end.then(() => {
    isOver = true
  })
  let largest = 0
  while (!isOver) {
    for (const id of await processes()) {
      const pages = await readFile(`/proc/${id}/statm`, 'utf8').catch(() => '')
      largest = Math.max(largest, Number(pages.split(' ')[1] ?? 0) * 4096)
    }
    await Promise.race([over, new Promise(resolve => setTimeout(resolve, 20))])
  }
  return largest
}
