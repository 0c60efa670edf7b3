/**
 * How long it takes to explain a number: a lake of so many events, all of them published, and cells by
 * chance. What is told is the time of each answer, and how many of them add up.
 *
 * `node bench/explain.bench.ts [--events 10000000] [--epochs 24] [--cells 200] [--duplicates 0.01]
 * [--boards 500] [--journeys 50] [--json]`
 *
 * Then journeys of so many of the events, as `GET /v1/events/{id}` tells them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { TributaryError } from '../core/errors.ts'
import { rawFolder } from '../core/lake/lake-paths.ts'
import { folderOf } from '../core/lake/relation.ts'
import { query } from '../core/sql/query.ts'
import { loadPipeline } from '../drivers/pipeline/folder.ts'
import { openRawLines } from '../drivers/raw/raw-lines.ts'
import { createFollowEvent } from '../steps/events/journey.ts'
import { createLookUpEvent } from '../steps/events/look-up-event.ts'
import { createExplainMetric } from '../steps/explain/explain.ts'
import { createLookIntoLake } from '../steps/explain/look-into-lake.ts'
import { createQueryMetric } from '../steps/query-metric.ts'
import { cpuSince, EPOCH_LENGTH, openBatchWorld, runSteps } from './batch-world.ts'
import { writeTripLines } from './trip-lines.ts'

const TYPE = 'com.tributary.trip'
const FIRST = Date.parse('2026-11-01T00:00:00Z')

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000000' },
    epochs: { type: 'string', default: '24' },
    cells: { type: 'string', default: '200' },
    duplicates: { type: 'string', default: '0.01' },
    boards: { type: 'string', default: '500' },
    journeys: { type: 'string', default: '50' },
    json: { type: 'boolean', default: false },
  },
})
const folder = await mkdtemp(join(tmpdir(), 'explain-bench-'))
const pipeline = await loadPipeline(join(import.meta.dirname, 'pipeline'))
const { lakeFolder, ports, asked, delivered, close } = await openBatchWorld(folder, pipeline, TYPE)

const epochs = Number(values.epochs)
for (let i = 0; i < epochs; i++) {
  const epoch = FIRST + i * EPOCH_LENGTH
  const events = Math.round(Number(values.events) / epochs)
  delivered(epoch, events)
  await writeTripLines({
    folder: join(lakeFolder, rawFolder(TYPE, epoch)),
    ...{ events, epoch, duplicates: Number(values.duplicates), boards: Number(values.boards) },
    ...{ customers: 100_000, hours: 2 },
  })
  await runSteps(ports)
}

const { batch: batchViews, speed: realTimeViews, ...rest } = ports
const queryMetric = createQueryMetric({
  ...{ ...rest, batchViews, realTimeViews, readPast: undefined },
  speedLag: async () => 0,
})
const explain = createExplainMetric({
  ...{ ...rest, batchViews, realTimeViews, queryMetric },
  lookIntoLake: createLookIntoLake({ ...rest, engine: asked }),
  pause: async () => undefined,
  patienceMs: 0,
})

/** How long it takes to tell what became of so many events, which are taken by chance. */
async function journeysOf(count: number) {
  if (count === 0) return undefined
  const follow = createFollowEvent({
    ...{ ...rest, batchViews, rejected: { list: async () => ({ events: [], next: undefined }) } },
    lookUpEvent: createLookUpEvent({ ...rest, engine: asked, rawLines: openRawLines(lakeFolder) }),
    findStreamed: async () => ({ lines: [], isWhole: true }),
    claimsOf: async keys => keys.map(() => []),
  })
  const places = Array.from({ length: epochs }, (_, i) => FIRST + i * EPOCH_LENGTH)
  const ids: string[] = []
  for (const epoch of places) {
    const folder = folderOf({ kind: 'curated', type: TYPE, epoch })
    const parts = (await rest.lake.list(folder)).map(({ path }) => path)
    const curated = asked.dialect.scan([{ kind: 'curated', type: TYPE, epoch, parts }])
    const some = query`SELECT event_id FROM ${curated} AS c LIMIT ${Math.ceil(count / epochs)}`
    ids.push(...(await asked.session(session => session.rows(some))).map(row => String(row['event_id'])))
  }
  const told: typeof asks = []
  let found = 0
  for (const id of ids.slice(0, count)) {
    const [begun, own] = [performance.now(), process.cpuUsage()]
    const { events } = await follow({ id, types: [TYPE], withRejected: false })
    if (events.some(({ cells }) => cells.length > 0)) found++
    told.push({ name: id, events: 1, ms: performance.now() - begun, cpuMs: cpuSince(own) * 1000 })
  }
  return { ...figures(told), found }
}

/** So many of all, by chance, none twice. */
function sampleOf<T>(all: readonly T[], most: number): readonly T[] {
  const left = [...all]
  const take = () => left.splice(Math.floor(Math.random() * left.length), 1)
  return Array.from({ length: Math.min(most, left.length) }, take).flat()
}
/** Metric → its cells, of which some are asked about. */
const cells = new Map<string, Awaited<ReturnType<typeof queryMetric>>['rows']>()
for (const { name } of pipeline.metrics) {
  const { rows } = await queryMetric({ name, where: {}, layer: 'merged' })
  if (rows.length > 0) cells.set(name, rows)
}
/** What was asked: of which metric, how many events the cell has, and how long it and a processor took. */
const asks: {
  readonly name: string
  readonly events: number
  readonly ms: number
  readonly cpuMs: number
}[] = []
const before = process.cpuUsage()
let addUp = 0
/** Cells that are made of more than a question has time for, by metric. */
const tooLong = new Map<string, number>()
const share = Math.ceil(Number(values.cells) / cells.size)
for (const [name, rows] of cells)
  for (const { window, group } of sampleOf(rows, share)) {
    const begun = performance.now()
    const own = process.cpuUsage()
    try {
      const found = await explain({ name, at: Date.parse(window), group, where: {}, isThorough: false })
      const events = found.parts.reduce((sum, { computed }) => sum + (computed?.events ?? 0), 0)
      asks.push({ name, events, ms: performance.now() - begun, cpuMs: cpuSince(own) * 1000 })
      if (found.addsUp) addUp++
    } catch (error) {
      if (!(error instanceof TributaryError && error.code === 'timeout')) throw error
      tooLong.set(name, (tooLong.get(name) ?? 0) + 1)
    }
  }
const cpuMs = Math.round((cpuSince(before) * 1000) / asks.length)
/** Times, ms, and events of a cell. */
const figures = (of: typeof asks) => {
  const times = of.map(({ ms }) => ms).sort((a, b) => a - b)
  const at = (share: number) =>
    Math.round(times[Math.min(times.length - 1, Math.floor(share * times.length))]!)
  const events = Math.max(...of.map(one => one.events))
  const cpu = Math.round(Math.max(...of.map(one => one.cpuMs)))
  return { cells: of.length, events, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1), cpuMaxMs: cpu }
}
// A cell of all events there are takes longer than one of some: what each metric's take is told apart.
const byMetric = Object.fromEntries(
  [...Map.groupBy(asks, ({ name }) => name)].map(([name, own]) => [name, figures(own)]),
)
const journeys = await journeysOf(Number(values.journeys))
const all = { ...figures(asks), events: Number(values.events) }
const result = {
  ...all,
  epochs,
  addUp,
  tooLong: Object.fromEntries(tooLong),
  byMetric,
  journeys,
  cpuMs,
  load: loadavg()[0],
}
const lines = Object.entries(byMetric).map(
  ([name, one]) =>
    `  ${name}: ${one.cells} cells of at most ${one.events} events: ${one.p50Ms} ms, 95 % within ${one.p95Ms} ms, ${one.maxMs} ms at most, of a processor ${one.cpuMaxMs}\n`,
)
const late = [...tooLong].map(
  ([name, count]) => `  ${name}: ${count} cells take longer than a question may\n`,
)
process.stdout.write(
  values.json
    ? `${JSON.stringify(result)}\n`
    : `${all.cells} cells of ${all.events} events in ${epochs} epochs: ${all.p50Ms} ms, 95 % within ${all.p95Ms} ms, ${all.maxMs} ms at most, ${cpuMs} ms of a processor each; ${addUp} add up; load ${result.load}\n${lines.join('')}${late.join('')}${journeys === undefined ? '' : `  journeys of ${journeys.cells} events: ${journeys.p50Ms} ms, 95 % within ${journeys.p95Ms} ms, ${journeys.maxMs} ms at most, of a processor ${journeys.cpuMaxMs}; ${journeys.found} found\n`}`,
)
if (addUp < all.cells) process.exitCode = 1
await close()
await rm(folder, { recursive: true })
