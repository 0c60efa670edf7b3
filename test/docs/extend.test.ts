import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { apply, blocksByHeading } from './page.ts'
import { copyOfProject } from './project-copy.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/extend.md'), 'utf8')
const engines = readFileSync(join(ROOT, 'test/docs/engines.md'), 'utf8')
const additions = new Map([...blocksByHeading(page), ...blocksByHeading(engines)])

/** Rows of the page's table: what is added, and how many files that touches. */
const counts = [...page.matchAll(/^\| (an? [a-z ]+) \| (\d) \|/gm)].map(
  ([, what, files]) => [what!, Number(files)] as const,
)

const copy = copyOfProject()
afterAll(() => rmSync(copy, { recursive: true, force: true }))

const run = (file: string, ...args: readonly string[]) =>
  execFileSync(process.execPath, [file, ...args], { cwd: copy, encoding: 'utf8', timeout: 120_000 })

test.each(counts)('%s touches %i files', (what, files) => {
  const heading = what[0]!.toUpperCase() + what.slice(1)
  const blocks = additions.get(heading)
  expect(blocks, `docs/extend.md has no section "${heading}"`).toBeDefined()
  for (const block of blocks!) apply(copy, block)
  expect(new Set(blocks!.map(({ path }) => path)).size).toBe(files)
})

test('every section of the page that has files is in its table', () => {
  const named = counts.map(([what]) => what[0]!.toUpperCase() + what.slice(1))
  expect([...additions].flatMap(([heading, blocks]) => (blocks.length > 0 ? [heading] : []))).toEqual(named)
})

describe('the copy with all of it', { timeout: 180_000 }, () => {
  test('is generated and compiles', () => {
    run('deploy/generate.ts')
    run('node_modules/typescript/bin/tsc', '--noEmit')
    expect(existsSync(join(copy, 'functions/entries/types.ts'))).toBe(true)
  })

  test('declares the event type and the metric, and computes the measure', () => {
    const script = `
      import { loadPipeline } from './drivers/pipeline/folder.ts'
      import { MEASURES } from './core/measures/table.ts'
      import { spread } from './core/declare/measures.ts'
      import { describeApi } from './core/api/openapi.ts'
      import { ROUTES } from './functions/table.ts'
      const pipeline = await loadPipeline('pipeline')
      const { paths } = describeApi(pipeline, ROUTES)
      process.stdout.write(JSON.stringify({
        type: pipeline.latest.has('com.example.ride'),
        shown: MEASURES.spread.present(spread('fare'), { cells: [900, 250], also: [], scale: 2 }),
        paths: Object.keys(paths).filter(path => /types|rides/.test(path)).sort(),
      }))`
    const said = run('--input-type=module', '--eval', script)
    expect(JSON.parse(said)).toEqual({
      type: true,
      shown: 6.5,
      paths: ['/v1/metrics/rides_hourly', '/v1/types'],
    })
  })
})
