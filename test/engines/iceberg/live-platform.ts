import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../../bench/platform-process.ts'
import { freePort } from '../../drivers/warehouse/server.ts'
import { blocksOf, JARS } from './engines.ts'

/** A platform that works, whose epochs are short, and what was sent to it. */
export type LivePlatform = PlatformProcess & {
  /** Events that were accepted so far. */
  sent(): number
  /** Every second event has all fields; `n` counts on. */
  send(n: number): Promise<void>
  /** What the batch views say that came. */
  published(): Promise<number | undefined>
  /** Sends and waits until it is published: an epoch of its own. */
  sendEpoch(n: number): Promise<void>
  /** Everything that runs have said about tables, the oldest first. */
  told(): Promise<readonly TablesTold[]>
  /** Runs a backfill to its end. */
  backfill(from: number, to: number): Promise<void>
  /** A block of the page, for this platform. Packages of Spark are from Maven's own client. */
  placed(block: string, jars?: readonly string[]): string
  /** The block of the page that opens the table in an engine, as who may change rows. */
  asOwner(engine: 'pyiceberg' | 'spark', jars: readonly string[]): string
}

/** `tables` of a report. */
export type TablesTold = {
  readonly changed?: Readonly<
    Record<string, readonly { readonly engine: string; readonly epochs: readonly number[] }[]>
  >
  readonly left?: Readonly<Record<string, readonly string[]>>
  readonly behind?: Readonly<Record<string, string>>
}

type Answer = { readonly rows: readonly { readonly values: { readonly n: number } }[] }
type Run = { readonly status: string; readonly report: { readonly tables?: TablesTold } }

const EXTENSIONS = 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions'

const RICH = {
  type: 'view',
  filename: 'a.html',
  at: '2026-01-31T12:05:00.25+02:00',
  price: 19.9,
  ok: true,
  tags: ['a', 'b'],
}

/** @param epoch its length, as in `2s` */
export async function startLivePlatform(epoch: string): Promise<LivePlatform> {
  const warehouse = String(await freePort())
  const platform = await startPlatformProcess({
    ...{ TRIBUTARY_EPOCH: epoch, TRIBUTARY_WAREHOUSE: 'on', TRIBUTARY_WAREHOUSE_PORT: warehouse },
    TRIBUTARY_PIPELINE: join(import.meta.dirname, '../../readers/pipeline'),
    TZ: 'America/New_York',
  })
  let sent = 0
  const live: LivePlatform = {
    ...platform,
    sent: () => sent,
    async send(n) {
      const events = Array.from({ length: n }, (_, i) => clickOf(sent + i, i % 2 === 0 ? RICH : {}))
      sent += n
      expect(await accepted(platform, events)).toBe(202)
    },
    published: async () => (await platform.get<Answer>('/v1/metrics/clicks?layer=batch')).rows[0]?.values.n,
    async sendEpoch(n) {
      await live.send(n)
      await until(async () => (await live.published()) === sent, 'what was sent is not published')
    },
    async told() {
      const { runs } = await platform.get<{ runs: Run[] }>('/v1/runs?limit=100')
      return runs.flatMap(({ report }) => report.tables ?? []).reverse()
    },
    async backfill(from, to) {
      const input = { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
      const { id } = await platform.post<{ id: string }>('/v1/runs', { machine: 'backfill', input })
      const status = async () => (await platform.get<Run>(`/v1/runs/${id}`)).status
      await until(async () => (await status()) !== 'running', 'the backfill does not end')
      expect(await status()).toBe('succeeded')
    },
    placed: (block, jars = []) =>
      block
        .replaceAll('curated.trip', 'curated.click')
        .replaceAll('.tributary/', `${platform.data}/`)
        .replaceAll('5439', warehouse)
        .replace("'spark.jars.packages'", "'spark.jars'")
        .replace(JARS.join(','), jars.join(',')),
    asOwner(engine, jars) {
      const [pyiceberg, , spark] = blocksOf('As tables of a catalog', 'python')
      return live
        .placed(engine === 'pyiceberg' ? pyiceberg! : spark!, jars)
        .replace('tributary_reader', 'tributary')
        .replace('warehouse-reader-password', 'warehouse-password')
        .replace(
          'SparkSession.builder',
          `SparkSession.builder.config('spark.sql.extensions', '${EXTENSIONS}')`,
        )
    },
  }
  return live
}

function clickOf(n: number, more: object): object {
  return {
    ...{ specversion: '1.0', id: `e${n}`, source: '/readers', type: 'com.example.click' },
    time: '2026-01-31T12:05:00Z',
    data: { who: `w${n}`, n, ...more },
  }
}

async function accepted({ port, key }: PlatformProcess, events: readonly object[]): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${port}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
    signal: AbortSignal.timeout(30_000),
  })
  return status
}

/** Asks until it is so, two minutes at most. */
export async function until(isSo: () => Promise<boolean>, otherwise: string): Promise<void> {
  for (const end = Date.now() + 120_000; !(await isSo()); await sleep(200))
    if (Date.now() > end) throw new Error(otherwise)
}
