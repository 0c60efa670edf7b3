import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blocksOf, type Engines, installEngines } from './engines.ts'
import { type LivePlatform, startLivePlatform, until } from './live-platform.ts'

/**
 * The tables of a platform that works, read by engines that know nothing of it, as docs/read-the-lake.md
 * says.
 */

let engines: Engines
let platform: LivePlatform
/** What the API said after each run that published something. */
const answers: number[] = []

beforeAll(async () => {
  ;[engines, platform] = await Promise.all([installEngines(), startLivePlatform('2s')])
  for (let n = 0; n < 4; n++) {
    await platform.sendEpoch(50)
    answers.push((await platform.published())!)
  }
}, 900_000)

afterAll(async () => {
  await platform?.stop()
  platform?.dispose()
})

type Run = { readonly status: string }
type Answer = { readonly rows: readonly { readonly values: { readonly n: number } }[] }
type Seen = {
  readonly tables: readonly string[]
  readonly types: Readonly<Record<string, string>>
  readonly epochs: Readonly<Record<string, number>>
  readonly one: Readonly<Record<string, string>>
  readonly snapshots: readonly {
    readonly run: string
    /** Rows by the query of the page; Spark's alone. */
    readonly byInstant?: number
    readonly epochs: Readonly<Record<string, number>>
  }[]
}

const INSTANT: Readonly<Record<string, string>> = {
  pyiceberg: 'timestamp[us, tz=UTC]',
  pandas: 'datetime64[us, UTC]',
  polars: "Datetime(time_unit='us', time_zone='UTC')",
  duckdb: 'TIMESTAMP WITH TIME ZONE',
  spark: 'timestamp',
}

test.for(Object.keys(INSTANT))(
  '%s reads the table now, and as it was when the API gave each of its answers',
  async reader => {
    await until(async () => Object.keys((await look('pyiceberg')).epochs).length >= 3, 'epochs are missing')
    const seen = await look(reader)
    expect(seen.tables).toEqual(['click'])
    expect(seen.types).toMatchObject({ event_time: INSTANT[reader], epoch: INSTANT[reader] })
    expect(Object.keys(seen.types)).toEqual([
      ...['event_id', 'event_source', 'event_time', 'received_at', 'receipt', 'epoch'],
      ...['who', 'n', 'type', 'filename', 'at', 'price', 'ok', 'tags'],
    ])
    expect(seen.one).toMatchObject({
      ...{ at: '2026-01-31T10:05:00.250000+00:00', event_time: '2026-01-31T12:05:00+00:00' },
      ...{ price: '19.90', tags: '["a","b"]', filename: 'a.html' },
    })
    expect(sumOf(seen.epochs)).toBe(platform.sent())
    expect(seen.snapshots.at(-1)!.epochs).toEqual(seen.epochs)
    const rows = seen.snapshots.map(({ epochs }) => sumOf(epochs))
    expect(rows).toEqual(answers)
    if (reader === 'spark') expect(seen.snapshots.map(({ byInstant }) => byInstant)).toEqual(answers)
    for (const { run } of seen.snapshots)
      expect(await platform.get(`/v1/runs/${run}`)).toMatchObject({ id: run, machine: 'batch' })
    // A run that published several epochs has a snapshot each: it left the last of them.
    const left = new Map(seen.snapshots.map(({ run, epochs }) => [run, sumOf(epochs)]))
    expect(left.size).toBeGreaterThanOrEqual(3)
    for (const [run, n] of left) {
      const isOver = async () => (await platform.get<Run>(`/v1/runs/${run}`)).status !== 'running'
      await until(isOver, 'the run does not end')
      const { rows } = await platform.get<Answer>(`/v1/metrics/clicks?asOf=${run}`)
      expect(rows[0]?.values.n, `as of ${run}`).toBe(n)
    }
  },
)

const sumOf = (epochs: Readonly<Record<string, number>>) => Object.values(epochs).reduce((a, b) => a + b, 0)

/** What a reader makes of the table by the blocks of the page. */
async function look(reader: string): Promise<Seen> {
  const [pyiceberg, others, spark] = blocksOf('As tables of a catalog', 'python')
  const line = others!.split('\n').find(each => each.includes(`to_${reader}`)) ?? ''
  const block = reader === 'spark' ? spark! : `${pyiceberg}\n${line}\n`
  const asOf = reader === 'spark' ? [blocksOf('As it was', 'sql')[0]!] : []
  return engines.run<Seen>('look.py', [reader, ...asOf], platform.placed(block, engines.jars))
}

test('what readers look at takes no space of its own', async () => {
  const data = join(platform.data, 'lake/tables/curated/click/data')
  expect((await readdir(data)).length).toBeGreaterThanOrEqual(3)
})
