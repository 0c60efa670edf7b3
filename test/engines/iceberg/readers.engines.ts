import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../../bench/platform-process.ts'
import { freePort } from '../../drivers/warehouse/server.ts'
import { blocksOf, type Engines, installEngines, JARS } from './engines.ts'

/**
 * The tables of a platform that works, read by engines that know nothing of it, as docs/read-the-lake.md
 * says.
 */

let engines: Engines
let platform: PlatformProcess
let port: number
let folder: string
let sent = 0
/** What the API said after each run that published something. */
const answers: number[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iceberg-'))
  port = await freePort()
  const settings = {
    ...{ TRIBUTARY_EPOCH: '2s', TRIBUTARY_WAREHOUSE: 'on', TRIBUTARY_WAREHOUSE_PORT: String(port) },
    TRIBUTARY_PIPELINE: join(import.meta.dirname, '../../readers/pipeline'),
    TZ: 'America/New_York',
  }
  ;[engines, platform] = await Promise.all([installEngines(), startPlatformProcess(settings)])
  for (let n = 0; n < 4; n++) {
    await send(50)
    await until(async () => (await published()) === sent)
    answers.push((await published())!)
  }
}, 900_000)

afterAll(async () => {
  await platform?.stop()
  platform?.dispose()
  await rm(folder, { recursive: true, force: true })
})

const RICH = {
  type: 'view',
  filename: 'a.html',
  at: '2026-01-31T12:05:00.25+02:00',
  price: 19.9,
  ok: true,
  tags: ['a', 'b'],
}

/** Every second event has all fields. */
async function send(n: number): Promise<void> {
  const events = Array.from({ length: n }, (_, i) => ({
    ...{ specversion: '1.0', id: `e${sent + i}`, source: '/readers', type: 'com.example.click' },
    time: '2026-01-31T12:05:00Z',
    data: { who: `w${i}`, n: sent + i, ...(i % 2 === 0 && RICH) },
  }))
  const response = await fetch(`http://127.0.0.1:${platform.port}/v1/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${platform.key}`,
      'content-type': 'application/cloudevents-batch+json',
    },
    body: JSON.stringify(events),
  })
  expect(response.status).toBe(202)
  sent += n
}

type Answer = { readonly rows: readonly { readonly values: { readonly n: number } }[] }
const published = async () => (await platform.get<Answer>('/v1/metrics/clicks?layer=batch')).rows[0]?.values.n

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    if (tries > 600) throw new Error('it did not come to that')
    await sleep(200)
  }
}

type Seen = {
  readonly tables: readonly string[]
  readonly types: Readonly<Record<string, string>>
  readonly epochs: Readonly<Record<string, number>>
  readonly one: Readonly<Record<string, string>>
  readonly snapshots: readonly {
    readonly run: string
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
    await until(async () => Object.keys((await look('pyiceberg')).epochs).length >= 3)
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
    expect(sumOf(seen.epochs)).toBe(sent)
    expect(seen.snapshots.at(-1)!.epochs).toEqual(seen.epochs)
    const rows = seen.snapshots.map(({ epochs }) => sumOf(epochs))
    expect(rows).toEqual(answers)
    for (const { run } of seen.snapshots)
      expect(await platform.get(`/v1/runs/${run}`)).toMatchObject({ id: run, machine: 'batch' })
    // A run that published several epochs has a snapshot each: it left the last of them.
    const left = new Map(seen.snapshots.map(({ run, epochs }) => [run, sumOf(epochs)]))
    expect(left.size).toBeGreaterThanOrEqual(3)
    for (const [run, n] of left) {
      await until(async () => (await platform.get<Run>(`/v1/runs/${run}`)).status !== 'running')
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
  return engines.run<Seen>('look.py', [reader], placed(block))
}

/** A block of the page, for this platform. Packages of Spark are from Maven's own client. */
function placed(block: string): string {
  return block
    .replaceAll('curated.trip', 'curated.click')
    .replaceAll('.tributary/', `${platform.data}/`)
    .replaceAll('5439', String(port))
    .replace("'spark.jars.packages'", "'spark.jars'")
    .replace(JARS.join(','), engines.jars.join(','))
}

test('what readers look at takes no space of its own', async () => {
  const data = join(platform.data, 'lake/tables/curated/click/data')
  expect((await readdir(data)).length).toBeGreaterThanOrEqual(3)
})

type Rows = {
  readonly rows: number
  readonly changed: readonly number[]
  readonly epochs: readonly string[]
}
type Run = { readonly status: string; readonly report: { readonly tables?: Record<string, unknown> } }

/** Numbers of events that somebody has deleted, and changed, so far. */
const deleted: number[] = []
const changed: number[] = []

test.for([['pyiceberg', 3, 7]] as const)(
  'rows that %s deletes and changes stay so, and runs say so',
  async ([engine, gone, other]) => {
    const [pyiceberg, , spark] = blocksOf('As tables of a catalog', 'python')
    const asOwner = placed(engine === 'pyiceberg' ? pyiceberg! : spark!)
      .replace('tributary_reader', 'tributary')
      .replace('warehouse-reader-password', 'warehouse-password')
      .replace('SparkSession.builder', `SparkSession.builder.config('spark.sql.extensions', '${EXTENSIONS}')`)
    deleted.push(gone)
    changed.push(other)
    expect(await engines.run('change.py', [engine, String(gone), String(other)], asOwner)).toEqual(changed)

    const expected = () => ({ rows: sent - deleted.length, changed })
    await send(50)
    await until(async () => (await published()) === sent)
    const rows = () => engines.run<Rows>('rows.py', [], placed(pyiceberg!))
    const seen = await rows()
    expect(seen).toMatchObject(expected())
    const { runs } = await platform.get<{ runs: Run[] }>('/v1/runs?limit=100')
    const changes = runs.flatMap(({ report }) => Object.values(report.tables?.['changed'] ?? {}).flat())
    expect(changes).toContainEqual(
      expect.objectContaining({ engine: engine === 'pyiceberg' ? 'another engine' : 'spark' }),
    )

    const last = Date.parse(seen.epochs.at(-1)!)
    const input = { from: seen.epochs[0], to: new Date(last + 2000).toISOString() }
    const { id } = await platform.post<{ id: string }>('/v1/runs', { machine: 'backfill', input })
    const run = () => platform.get<Run>(`/v1/runs/${id}`)
    await until(async () => (await run()).status !== 'running')
    expect((await run()).status).toBe('succeeded')
    expect(await rows()).toMatchObject(expected())
  },
)

const EXTENSIONS = 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions'
