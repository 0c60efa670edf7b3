import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fencesOf } from '../docs/commands.ts'
import { npmStart, pack, run, type Started } from './project.ts'

const INSTALL = ['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--silent']

let folder: string
let tarball: string
let shop: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-package-'))
  tarball = await pack(folder)
  shop = await mkdtemp(join(folder, 'shop-'))
  // npm makes a package.json that has a dependency and nothing else.
  expect(await run(shop, [...INSTALL, tarball])).toMatchObject({ code: 0 })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const tributary = (started: Started | undefined, ...args: string[]) =>
  run(shop, ['npx', 'tributary', ...args], started && { TRIBUTARY_URL: started.url })

/** Waits, at most half a minute, until a command prints something. */
async function until(command: () => Promise<{ output: string }>, text: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const { output } = await command()
    if (output.includes(text) || attempt === 60) return output
    await new Promise(resolve => setTimeout(resolve, 500))
  }
}

test('init makes a project where the package is installed, once, and overwrites nothing', async () => {
  expect(await tributary(undefined, 'init')).toMatchObject({ code: 0, errors: '' })
  const before = await readFile(join(shop, 'package.json'), 'utf8')
  expect(JSON.parse(before)).toMatchObject({
    type: 'module',
    scripts: { test: 'tributary test', dev: 'tributary start --watch' },
    dependencies: { tributary: expect.stringMatching(/\.tgz$/) },
  })
  await writeFile(join(shop, 'README.md'), 'mine')
  const again = await tributary(undefined, 'init')
  expect(again).toMatchObject({ code: 1, output: '' })
  expect(again.errors).toContain('README.md, ')
  expect(again.errors).toContain('pipeline/contracts/order.ts')
  expect(await readFile(join(shop, 'README.md'), 'utf8')).toBe('mine')
  expect(await readFile(join(shop, 'package.json'), 'utf8')).toBe(before)
})

test('npm test, npm start, an event, its numbers, SIGTERM', async () => {
  // Beside the project's own test that which docs/project.md shows.
  const [shown] = fencesOf('docs/project.md').filter(({ info }) => info === 'yaml')
  const page = join(shop, 'pipeline/tests/page.test.yaml')
  await writeFile(page, shown!.text)
  const tested = await run(shop, ['npm', 'test', '--silent'])
  expect(tested.output).toContain('2 of 2 tests as expected, in both layers')
  await rm(page)
  const started = await npmStart(shop)
  try {
    expect((await tributary(started, 'send', 'events.ndjson')).output).toMatch(
      /^3 sent, 3 accepted, 0 rejected\n/,
    )
    const rows = await until(() => tributary(started, 'query', 'orders_hourly'), 'FR')
    expect(rows).toMatch(/2026-01-31T09:00:00(?:\.000)?Z +DE +2 +32\.5 +1\n/)
    expect(rows).toMatch(/2026-01-31T10:00:00(?:\.000)?Z +FR +1 +5 +1\n/)
    // Batches, in a thread of their own, with DuckDB.
    const exact = () => tributary(started, 'query', 'orders_hourly', '--layer', 'batch')
    expect(await until(exact, 'FR')).toMatch(/DE +2 +32\.5 +1\n/)
    const console = await fetch(started.url)
    expect([console.status, await console.text()]).toEqual([200, expect.stringContaining('<script')])
  } finally {
    expect(await started.stop()).toBe(0)
  }
  expect(started.output()).toContain('SIGTERM: finishing what was accepted')
})

test('a type and a metric of one’s own, drafted from a sample, and their test', async () => {
  const sample =
    '{"specversion":"1.0","id":"v","source":"/web","type":"com.example.visit","time":"2026-01-31T09:00:00Z","data":{"page":"/","ms":12}}\n'
  await writeFile(join(shop, 'visits.ndjson'), sample)
  const drafted = await tributary(undefined, 'contracts', 'draft', 'visits.ndjson')
  expect(drafted.output).toContain("import { defineContract, Type } from 'tributary'")
  await writeFile(join(shop, 'pipeline/contracts/visit.ts'), drafted.output)
  const metric = `import { count, defineMetric, max } from 'tributary'

export default defineMetric({
  name: 'visits_daily', type: 'com.example.visit', window: 'day', by: ['page'],
  measures: { visits: count(), slowest: max('ms') },
})
`
  await writeFile(join(shop, 'pipeline/metrics/visits-daily.ts'), metric)
  const file = join(shop, 'pipeline/tests/visits.test.json')
  const expecting = (slowest: number) =>
    writeFile(
      file,
      JSON.stringify({
        events: [12, 40].map(ms => ({
          type: 'com.example.visit',
          time: '2026-01-31T09:00:00Z',
          data: { page: '/', ms },
        })),
        expect: {
          metrics: {
            visits_daily: [{ window: '2026-01-31', group: { page: '/' }, values: { visits: 2, slowest } }],
          },
        },
      }),
    )
  await expecting(40)
  expect((await run(shop, ['npm', 'test', '--silent'])).output).toContain('2 of 2 tests as expected')
  await expecting(41)
  const wrong = await run(shop, ['npm', 'test', '--silent'])
  expect(wrong.code).toBe(1)
  expect(wrong.output).toContain(
    'visits_daily, window 2026-01-31T00:00:00Z, group {"page":"/"}, slowest: got 40, expected 41',
  )
  await rm(file)
  const watched = [join(shop, 'node_modules', '.bin', 'tributary'), 'start', '--watch']
  const started = await npmStart(shop, watched)
  try {
    await tributary(started, 'send', 'visits.ndjson')
    expect(await until(() => tributary(started, 'query', 'visits_daily'), ' / ')).toMatch(/ \/ +1 +12\n/)
    const changed = join(shop, 'pipeline/metrics/visits-daily.ts')
    await writeFile(changed, metric.replace("'tributary'", "'../../core/declare/measures.ts'"))
    const said = async () => ({ output: started.output() })
    expect(await until(said, 'goes on as it was')).toContain("import it from 'tributary', not by a path")
    await writeFile(changed, metric.replace('visits_daily', 'visits_a_day'))
    expect(await until(said, 'are taken over')).toContain('declarations are taken over')
    expect(await until(() => tributary(started, 'query', 'visits_a_day'), ' / ')).toMatch(/ \/ +1 +12\n/)
  } finally {
    expect(await started.stop()).toBe(0)
  }
})

test('what the package declares is what a project’s own files are checked with', async () => {
  const tsc = join(import.meta.dirname, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc')
  const check = () => run(shop, [process.execPath, tsc, '--noEmit'])
  expect(await check()).toMatchObject({ code: 0, output: '' })
  await writeFile(
    join(shop, 'pipeline/metrics/wrong.ts'),
    "import { defineMetric, sum } from 'tributary'\nexport default defineMetric({ name: 'wrong', type: 'a', window: 'fortnight', measures: { a: sum('b') } })\n",
  )
  const refused = await check()
  expect(refused.output).toContain('"fortnight"')
})
