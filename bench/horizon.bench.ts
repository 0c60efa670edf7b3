/**
 * What it costs to refine one epoch after a horizon of many: 1,000 events, after a day of epochs of 10 s with
 * as many each. The epochs before are copies of one, so only the search for ids that were counted earlier is
 * as it would be; the first one makes the slices.
 *
 * `node bench/horizon.bench.ts [--epochs 8640]`
 */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { curatedFolder, rawFolder } from '../core/lake/lake-paths.ts'
import { loadPipeline } from '../drivers/pipeline/folder.ts'
import { createRefine } from '../steps/batch/refine/refine.ts'
import { cpuSince, openBatchWorld } from './batch-world.ts'
import { writeTripLines } from './trip-lines.ts'

const TYPE = 'com.tributary.trip'
const FIRST = Date.parse('2026-11-01T00:00:00Z')
const EPOCH_LENGTH = 10_000
const EVENTS = 1000

const { values } = parseArgs({ options: { epochs: { type: 'string', default: '8640' } } })
const epochs = Number(values.epochs)
const folder = await mkdtemp(join(tmpdir(), 'horizon-bench-'))
const pipeline = await loadPipeline(join(import.meta.dirname, 'pipeline'))
const { lakeFolder, ports, delivered, close } = await openBatchWorld(folder, pipeline, TYPE, {
  epochLength: EPOCH_LENGTH,
  horizon: epochs,
})
const refine = createRefine(ports)

async function refined(place: number): Promise<void> {
  const epoch = FIRST + place * EPOCH_LENGTH
  delivered(epoch, EVENTS)
  const shape = { duplicates: 0.01, boards: 50, customers: 1000, hours: 1 }
  await writeTripLines({ ...shape, folder: join(lakeFolder, rawFolder(TYPE, epoch)), events: EVENTS, epoch })
  const [begun, usage] = [performance.now(), process.cpuUsage()]
  await refine({ type: TYPE, epoch })
  const seconds = ((performance.now() - begun) / 1000).toFixed(2)
  process.stdout.write(`after ${place} epochs: ${seconds} s, ${cpuSince(usage).toFixed(2)} s of processor\n`)
}

await refined(0)
const made = join(lakeFolder, curatedFolder(TYPE, FIRST))
for (let place = 1; place < epochs; place++)
  await cp(made, join(lakeFolder, curatedFolder(TYPE, FIRST + place * EPOCH_LENGTH)), { recursive: true })
for (let place = epochs; place < epochs + 5; place++) await refined(place)
await close()
await rm(folder, { recursive: true, force: true })
