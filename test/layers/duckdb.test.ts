import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildFunction } from '../../deploy/build-functions.ts'
import { buildDuckdbLayer } from '../../layers/duckdb/build.ts'
import { BINARIES, DUCKDB } from '../../layers/duckdb/packages.ts'

const run = promisify(execFile)

/** The architecture of this machine, as Lambda names it. */
const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64'
const cache = resolve('.build', 'cache')

let folder: string
beforeAll(() => {
  mkdirSync(resolve('.build'), { recursive: true })
  folder = mkdtempSync(resolve('.build', 'test-duckdb-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('an archive that is not the pinned one is refused and thrown away', async () => {
  const [{ name, version }] = DUCKDB as [(typeof DUCKDB)[number]]
  const wrong = join(folder, 'cache')
  mkdirSync(wrong)
  writeFileSync(join(wrong, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`), 'something else')
  await expect(buildDuckdbLayer({ architecture, out: join(folder, 'no'), cache: wrong })).rejects.toThrow(
    /@duckdb\/node-api@.* is not the package that layers\/duckdb\/packages\.ts pins/,
  )
})

test('all packages of the layer have one version', () => {
  expect(new Set([...DUCKDB, ...Object.values(BINARIES)].map(({ version }) => version)).size).toBe(1)
})

test.skipIf(process.platform !== 'linux')(
  'a bundled function runs the DuckDB of its layer',
  async context => {
    const out = join(folder, 'layer')
    try {
      await buildDuckdbLayer({ architecture, out, cache })
    } catch (error) {
      const { message } = error as Error
      if (!message.includes('cannot be had')) throw error
      console.warn(`skipped: the DuckDB layer: ${message}`)
      return context.skip()
    }
    writeFileSync(
      join(folder, 'query.ts'),
      `import { DuckDBInstance } from '@duckdb/node-api'
       const connection = await (await DuckDBInstance.create(':memory:')).connect()
       const result = await connection.runAndReadAll('select version(), 6 * 7')
       console.log(result.getRows().join())`,
    )
    await buildFunction('query', join(folder, 'query'), folder)
    const { stdout } = await run(process.execPath, [join(folder, 'query', 'index.mjs')], {
      env: { NODE_PATH: join(out, 'nodejs', 'node_modules') },
      cwd: '/',
    })
    expect(stdout.trim()).toBe(`v${DUCKDB[0]!.version.split('-')[0]},42`)
  },
  120_000,
)

test('the layer has the version that the tests of the lake run on', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(DUCKDB.map(({ version }) => version)).toEqual(DUCKDB.map(() => dependencies['@duckdb/node-api']))
})
