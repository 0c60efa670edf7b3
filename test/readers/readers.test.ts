import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../bench/platform-process.ts'
import { curatedOfType } from '../../core/lake/lake-paths.ts'
import { blocksOfPage, installReaders, type Readers, type Seen } from './python.ts'

/**
 * The programs that people read the lake with, as docs/read-the-lake.md says, on a platform that works. They
 * are installed by pip; where it reaches no index, or Spark no Java, the tests say so and are skipped.
 */

const TYPE = 'com.example.click'
const EPOCH_SECONDS = 2
const blocks = blocksOfPage()

let folder: string
let readers: Readers
let platform: PlatformProcess
let curated: string
let sending: Promise<void>
let sent = 0
let isEnding = false

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readers-'))
  ;[readers, platform] = await Promise.all([
    installReaders(join(folder, 'python')),
    startPlatformProcess({
      TRIBUTARY_EPOCH: `${EPOCH_SECONDS}s`,
      TRIBUTARY_PIPELINE: join(import.meta.dirname, 'pipeline'),
      TZ: 'America/New_York',
    }),
  ])
  curated = join(platform.data, 'lake', curatedOfType(TYPE))
  sending = keepSending()
  await until(async () => (await readdir(curated).catch(() => [])).length >= 3)
}, 170_000)

afterAll(async () => {
  isEnding = true
  await sending
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
async function keepSending(): Promise<void> {
  while (!isEnding) {
    const events = Array.from({ length: 50 }, (_, i) => ({
      ...{
        specversion: '1.0',
        id: `e${sent + i}`,
        source: '/readers',
        type: TYPE,
        time: '2026-01-31T12:05:00Z',
      },
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
    expect(await response.json()).toMatchObject({ accepted: 50, rejected: [] })
    sent += events.length
    await sleep(100)
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    if (tries > 300) throw new Error('it did not come to that')
    await sleep(100)
  }
}

const INSTANT: Readonly<Record<string, string>> = {
  pandas: 'datetime64[us, UTC]',
  pyarrow: 'timestamp[us, tz=UTC]',
  polars: "Datetime(time_unit='us', time_zone='UTC')",
  duckdb: 'TIMESTAMP WITH TIME ZONE',
  spark: 'timestamp',
}
const OTHERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pandas: { n: 'int64', price: 'object' },
  pyarrow: { n: 'int64', price: 'decimal128(18, 2)', ok: 'bool', type: 'string', tags: 'string' },
  polars: {
    n: 'Int64',
    price: 'Decimal(precision=18, scale=2)',
    ok: 'Boolean',
    type: 'String',
    tags: 'String',
  },
  duckdb: { n: 'BIGINT', price: 'DECIMAL(18,2)', ok: 'BOOLEAN', type: 'VARCHAR', tags: 'VARCHAR' },
  spark: { n: 'bigint', price: 'decimal(18,2)', ok: 'boolean', type: 'string', tags: 'string' },
}

/** Rows of each epoch that a reader saw while the platform worked: compared with all once it has ended. */
const seenEpochs = new Map<string, Seen['epochs']>()

test.for(Object.keys(INSTANT))(
  '%s reads whole epochs with the right types while the platform works',
  { timeout: 120_000 }, // Spark takes half a minute to start on a busy machine.
  async (reader, context) => {
    const seen = await look(reader, reader, curated, context)
    const instants = Object.fromEntries(
      ['event_time', 'received_at', 'epoch', 'at'].map(name => [name, INSTANT[reader]]),
    )
    expect(seen.types).toMatchObject({ ...instants, ...OTHERS[reader] })
    expect(seen.one).toEqual({
      ...{ at: '2026-01-31T10:05:00.250000+00:00', event_time: '2026-01-31T12:05:00+00:00' },
      ...{ price: '19.90', tags: '["a","b"]', ok: 'True', filename: 'a.html' },
      n: expect.stringMatching(/^\d+$/),
    })
    expect(Object.keys(seen.epochs).length).toBeGreaterThanOrEqual(3)
    expect(Object.keys(seen.kinds).sort()).toEqual(['None', 'view'])
    expect(seen.kinds['view']).toBe(seen.kinds['None'])
    seenEpochs.set(reader, seen.epochs)
  },
)

test('what readers saw of an epoch is all of it, and all epochs are what was sent', async () => {
  isEnding = true
  await sending
  const answer = '/v1/metrics/clicks?layer=batch'
  type Answer = { rows: { values: { n: number } }[] }
  await until(async () => (await platform.get<Answer>(answer)).rows[0]?.values.n === sent)
  const rows = await sql(`SELECT strftime(epoch, '%Y-%m-%dT%H:%M:%S+00:00') AS epoch, count(*)::INTEGER AS n
    FROM read_parquet('${curated}/*/*.parquet', hive_partitioning = false) GROUP BY 1`)
  const all = Object.fromEntries(rows.map(({ epoch, n }) => [epoch, n]))
  expect(rows.reduce((sum, { n }) => sum + Number(n), 0)).toBe(sent)
  for (const epochs of seenEpochs.values()) expect(all).toMatchObject(epochs)
})

test.for(['pandas', 'polars', 'duckdb'])(
  '%s reads the fields that a later version of a contract added',
  async (reader, context) => {
    const grown = join(folder, `grown-${reader}`)
    await cp(curated, grown, { recursive: true })
    const first = (await readdir(grown)).sort()[0]!
    const later = join(grown, 'tbepoch=99991231T000000Z')
    await mkdir(later)
    await sql(`COPY (SELECT * EXCLUDE (filename), 'new' AS later
      FROM read_parquet('${grown}/${first}/*.parquet', hive_partitioning = false)) TO '${later}/part.parquet'`)
    const key = blocks.has(`grown ${reader}`) ? `grown ${reader}` : reader
    const seen = await look(reader, key, grown, context)
    expect(seen.later).toBe(seen.epochs[Object.keys(seen.epochs).sort()[0]!]! / 2)
  },
)

/** What a reader makes of a folder by a block of the page. Skips the test where there is no such reader. */
async function look(
  reader: string,
  block: string,
  data: string,
  { skip }: { skip: (reason: string) => void },
): Promise<Seen> {
  if ('missing' in readers) skip(readers.missing)
  else if (reader === 'spark' && readers.noSpark !== undefined) skip(readers.noSpark)
  else return readers.read(reader, blocks.get(block)!, data)
  throw new Error('skipped')
}

async function sql(text: string): Promise<readonly Record<string, unknown>[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  try {
    await connection.run("SET TimeZone = 'UTC'")
    return (await connection.runAndReadAll(text)).getRowObjectsJS() as Record<string, unknown>[]
  } finally {
    connection.closeSync()
  }
}
