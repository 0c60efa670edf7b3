import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Figure } from '../../bench/figure.ts'
import { functionEnvironment } from '../../bench/lambda/environment.ts'
import { loadDeclarations } from '../../drivers/pipeline/folder.ts'
import { writeContracts } from '../../layers/contracts/build.ts'

const run = promisify(execFile)
const LONGEST_MS = 110_000

/** `npm run bench:lambda` with little to do: what is looked at is that it runs, not how fast. */
async function bench(...options: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const args = ['bench/lambda/run.ts', '--json', ...options]
  const { stdout } = await run(process.execPath, args, { timeout: LONGEST_MS })
  return new Map((JSON.parse(stdout) as Figure[]).map(({ name, value }) => [name, value]))
}

test('every function starts with what the bench tells it', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const contracts = join(folder, 'contracts.mjs')
  await writeContracts(await loadDeclarations('pipeline'), contracts)
  const environment = functionEnvironment({ endpoint: 'http://127.0.0.1:9', contracts, partitions: 2 })
  const entries = (await readdir('functions/entries')).map(file => join('functions/entries', file))
  const script = `for (const entry of process.argv.slice(1)) await import(entry)
process.stdout.write('all')
process.exit(0)`
  const urls = entries.map(entry => pathToFileURL(entry).href)
  const args = ['--input-type=module', '-e', script, ...urls]
  const { stdout } = await run(process.execPath, args, { env: environment, timeout: LONGEST_MS })
  await rm(folder, { recursive: true })
  expect([entries.length > 20, stdout]).toEqual([true, 'all'])
})

test('the bench of the functions measures an archive and its start', { timeout: 120_000 }, async () => {
  const figures = await bench('--only', 'starts', '--rounds', '1', '--functions', 'openapi')
  expect([...figures.keys()]).toEqual(['openapi: archive', 'openapi: start over an empty Node'])
  expect(figures.get('openapi: archive')).toBeGreaterThan(1)
})

test('the bench of ingest and speed counts what each takes', { timeout: 120_000 }, async () => {
  const little = ['--rate', '200', '--window', '1', '--windows', '2', '--partitions', '2', '--boards', '20']
  const figures = await bench('--only', 'work', ...little)
  // A marker an event, or one a record.
  const written = (dedupe: string) => figures.get(`dedupe ${dedupe}: speed, DynamoDB writes`)!
  expect(written('event')).toBeGreaterThan(1000)
  expect(written('record')).toBeLessThan(written('event'))
  expect(figures.get('dedupe event: ingest, DynamoDB writes')).toBe(10)
  for (const [name, value] of figures) expect(value, name).toBeGreaterThan(0)
})
