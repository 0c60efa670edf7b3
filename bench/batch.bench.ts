/**
 * A batch run over one epoch with three metrics, next to a hand-written DuckDB script that computes the same
 * numbers from the same files; then the same run with a hundred earlier epochs in the lake (`--history`), of
 * `--epoch`, with an id remembered for a day.
 *
 * `--ahead`: raw files are refined while the epoch is open, all but the last; then what is timed begins at
 * the epoch's close.
 *
 * `node bench/batch.bench.ts [--ahead] [--events 10000000] [--duplicates 0.01] [--boards 500] [--hours 24]
 * [--history 100] [--epoch 10s] [--size 50000] [--keep] [--json]`
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import { DEFAULT_HORIZON, horizonEpochs, parseDuration } from '../core/data/epoch.ts'
import { rawFolder } from '../core/lake/lake-paths.ts'
import { loadPipeline } from '../drivers/pipeline/folder.ts'
import { createRefineAhead } from '../steps/batch/refine/refine-ahead.ts'
import { createReplay } from '../steps/replay/replay.ts'
import { cpuSince, openBatchWorld, runSteps, totalOf } from './batch-world.ts'
import { writeTripLines } from './trip-lines.ts'

const TYPE = 'com.tributary.trip'
const FIRST = Date.parse('2026-11-01T00:00:00Z')

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000000' },
    duplicates: { type: 'string', default: '0.01' },
    boards: { type: 'string', default: '500' },
    hours: { type: 'string', default: '24' },
    history: { type: 'string', default: '0' },
    epoch: { type: 'string', default: '1h' },
    size: { type: 'string', default: '50000' },
    ahead: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const say = (line: string) => (values.json ? undefined : process.stdout.write(`${line}\n`))

const epochLength = parseDuration(values.epoch)!
const folder = await mkdtemp(join(tmpdir(), 'batch-bench-'))
const pipeline = await loadPipeline(join(import.meta.dirname, 'pipeline'))
const { lakeFolder, ahead, ports, mismatches, delivered, close } = await openBatchWorld(
  folder,
  pipeline,
  TYPE,
  { epochLength, horizon: horizonEpochs(DEFAULT_HORIZON, epochLength) },
)
const { lake } = ports

async function deliver(
  epoch: number,
  events: number,
  duplicates: number,
  hours = Number(values.hours),
): Promise<number> {
  delivered(epoch, events)
  return writeTripLines({
    folder: join(lakeFolder, rawFolder(TYPE, epoch)),
    events,
    epoch,
    duplicates,
    boards: Number(values.boards),
    customers: 100_000,
    hours,
  })
}

/**
 * What is done while the epoch is open: every raw file but the last, which would still be growing. Seconds.
 */
async function refineAhead(epoch: number): Promise<number> {
  const begun = performance.now()
  const wholeFiles = async () => (await lake.list(rawFolder(TYPE, epoch))).slice(0, -1)
  const step = createRefineAhead({ ...ports, engine: ahead, wholeFiles })
  const files = (await wholeFiles()).length
  while ((await step({ type: TYPE, epoch })) < files);
  return (performance.now() - begun) / 1000
}

/**
 * What somebody would write by hand: read, drop duplicates, keep typed columns in a table, three GROUP BYs.
 */
async function byHand(epoch: number): Promise<{ seconds: number; cpu: number }> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '2',
    memory_limit: '4GB',
    preserve_insertion_order: 'false',
    temp_directory: join(folder, 'by-hand'),
  })
  const connection = await instance.connect()
  const begun = performance.now()
  const usage = process.cpuUsage()
  for (const sql of [
    `CREATE TABLE trips AS SELECT DISTINCT ON (source, id) tbtime AS ms, data.hoverboard_id AS board, data.customer_id AS customer, data.trip_duration AS minutes
     FROM read_json('${join(lakeFolder, rawFolder(TYPE, epoch))}/*.ndjson', format = 'newline_delimited',
       columns = {tbtime: 'BIGINT', id: 'VARCHAR', source: 'VARCHAR', data: 'STRUCT(hoverboard_id BIGINT, customer_id BIGINT, trip_duration DOUBLE)'})`,
    `CREATE TABLE trips_hourly AS SELECT ms // 3600000 AS hour, board, count(*), sum(minutes), max(minutes), min(minutes), avg(minutes), count(DISTINCT customer), quantile_cont(minutes, 0.95)
     FROM trips GROUP BY ALL`,
    `CREATE TABLE riders_daily AS SELECT ms // 86400000 AS day, count(*), count(DISTINCT customer), quantile_cont(minutes, 0.5)
     FROM trips WHERE minutes >= 1 GROUP BY ALL`,
    `CREATE TABLE trips_minutely AS SELECT ms // 60000 AS minute, count(*), sum(minutes), max(minutes), avg(minutes)
     FROM trips GROUP BY ALL`,
  ])
    await connection.run(sql)
  const seconds = (performance.now() - begun) / 1000
  const cpu = cpuSince(usage)
  connection.closeSync()
  instance.closeSync()
  return { seconds, cpu }
}

const events = Number(values.events)

say(`writing ${events} events …`)
const bytes = await deliver(FIRST, events, Number(values.duplicates))
say(`${(bytes / 1e9).toFixed(2)} GB; rebuilding real-time views, so that there is something to reconcile …`)
await createReplay(ports)()
const floor = [await byHand(FIRST)]
const open = values.ahead ? await refineAhead(FIRST) : 0
if (values.ahead) say(`while the epoch was open: ${open.toFixed(1)} s`)
const usage = process.cpuUsage()
const first = await runSteps(ports)
const cpu = cpuSince(usage)
floor.push(await byHand(FIRST))
const best = Math.min(...floor.map(f => f.seconds))
const bestCpu = Math.min(...floor.map(f => f.cpu))
say(`by hand: ${floor.map(f => `${f.seconds.toFixed(1)} s (${f.cpu.toFixed(1)} s of processor)`).join(', ')}`)
for (const [name, s] of Object.entries(first)) say(`  ${name.padEnd(26)} ${s.toFixed(2)} s`)
say(
  `batch run: ${totalOf(first).toFixed(1)} s = ${(totalOf(first) / best).toFixed(2)} × by hand; ${cpu.toFixed(1)} s of processor = ${(cpu / bestCpu).toFixed(2)} ×; mismatches ${mismatches()}`,
)

/**
 * The cost of an epoch of `size` after one earlier epoch, and after `history` ones. Their trips ended within
 * the epoch: did they reach back a day, the first epochs would be cheaper, as they share windows with nobody
 * yet.
 */
async function afterHistory(history: number, size: number) {
  const times: number[] = []
  for (let i = 1; i <= history + 1; i++) {
    await deliver(FIRST + i * epochLength, size, 0.01, 1)
    times.push(totalOf(await runSteps(ports)))
  }
  const median = (some: readonly number[]) => some.toSorted((a, b) => a - b)[some.length >> 1]!
  return { afterFew: median(times.slice(0, 5)), afterAll: median(times.slice(-5)) }
}
const history = Number(values.history)
const size = Number(values.size)
const grown = history > 0 ? await afterHistory(history, size) : undefined
if (grown !== undefined)
  say(
    `${size} events after 1 … 5 epochs: ${grown.afterFew.toFixed(2)} s, after ${history}: ${grown.afterAll.toFixed(2)} s`,
  )
if (values.json)
  process.stdout.write(
    `${JSON.stringify({ events, bytes, byHand: floor, steps: first, open, batch: totalOf(first), cpu, ratio: totalOf(first) / best, cpuRatio: cpu / bestCpu, mismatches: mismatches(), grown })}\n`,
  )
await close()
if (!values.keep) await rm(folder, { recursive: true, force: true })
else say(folder)
