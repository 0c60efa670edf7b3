/**
 * A batch of the demo's 3 M real flights in one epoch, run to its end: time by step, processor time and
 * memory.
 *
 * `node bench/flights.bench.ts [--flights 3000000] [--json]`
 */
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compileAcceptor } from '../core/event/accept.ts'
import { rawFolder } from '../core/lake/lake-paths.ts'
import type { Stream } from '../core/ports/stream/stream.ts'
import { loadPipeline } from '../drivers/pipeline/folder.ts'
import { createAjvValidators } from '../drivers/validators/ajv.ts'
import { batchesOf } from '../local/cli/batches.ts'
import { FLIGHTS, flightEvents } from '../local/cli/flights.ts'
import { createIngest } from '../steps/ingest.ts'
import { createReplay } from '../steps/replay/replay.ts'
import { cpuSince, EPOCH_LENGTH, openBatchWorld, runSteps, totalOf } from './batch-world.ts'

const TYPE = 'com.tributary.flight'
const RAW_FILE_BYTES = 256 << 20
const EPOCH = Date.parse('2026-11-01T00:00:00Z')

const { values } = parseArgs({
  options: {
    flights: { type: 'string', default: String(FLIGHTS) },
    json: { type: 'boolean', default: false },
  },
})
const say = (line: string) => (values.json ? undefined : process.stdout.write(`${line}\n`))

const folder = await mkdtemp(join(tmpdir(), 'flights-bench-'))
const pipeline = await loadPipeline(join(import.meta.dirname, '..', 'pipeline'))
const { lakeFolder, ports, mismatches, delivered, close } = await openBatchWorld(folder, pipeline, TYPE)

/**
 * Takes the flights in by the platform's own ingest step, whose stream is the raw files: as large as raw
 * delivery makes them.
 */
async function takeIn(): Promise<{ accepted: number; rejected: number }> {
  const raw = join(lakeFolder, rawFolder(TYPE, EPOCH))
  await mkdir(raw, { recursive: true })
  let file = await open(join(raw, `${'0'.repeat(16)}.ndjson`), 'w')
  let [bytes, next] = [0, 0]
  const put: Stream['put'] = async records => {
    const text = records.map(({ data }) => data).join('')
    if (bytes > RAW_FILE_BYTES) {
      await file.close()
      file = await open(join(raw, `${String(next).padStart(16, '0')}.ndjson`), 'w')
      bytes = 0
    }
    bytes += (await file.write(text)).bytesWritten
    next += records.length
    return records.map(() => ({ kind: 'stored' }))
  }
  const ingest = createIngest({
    accept: compileAcceptor(pipeline, createAjvValidators()),
    stream: { put },
    rejected: { put: async () => {} },
    now: () => EPOCH,
    epochLength: EPOCH_LENGTH,
    partitionsAt: () => ({ first: 0, count: 100 }),
    process: 'bench0',
  })
  const sum = { accepted: 0, rejected: 0 }
  for await (const { events } of batchesOf(flightEvents(Number(values.flights)))) {
    const { accepted, rejected } = await ingest(events.map(text => JSON.parse(text) as unknown))
    sum.accepted += accepted
    sum.rejected += rejected.length
  }
  await file.close()
  return sum
}

const taken = await takeIn()
delivered(EPOCH, taken.accepted)
say(`${taken.accepted} flights taken in, ${taken.rejected} rejected; rebuilding their real-time views …`)
await createReplay(ports)()
const before = process.memoryUsage().rss
const usage = process.cpuUsage()
const seconds = await runSteps(ports)
const cpu = cpuSince(usage)
const result = {
  ...taken,
  steps: seconds,
  batch: totalOf(seconds),
  cpu,
  mismatches: mismatches(),
  viewsMb: before / 1e6,
  peakMb: process.resourceUsage().maxRSS / 1e3,
}
for (const [name, s] of Object.entries(seconds)) say(`  ${name.padEnd(26)} ${s.toFixed(2)} s`)
say(
  `batch run: ${result.batch.toFixed(1)} s, ${cpu.toFixed(1)} s of processor; ${result.viewsMb.toFixed(0)} MB with its real-time views before, ${result.peakMb.toFixed(0)} MB at most; mismatches ${result.mismatches}`,
)
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
await close()
await rm(folder, { recursive: true, force: true })
