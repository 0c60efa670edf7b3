/**
 * Claims a second of the embedded marker table in batches of 1,000, and what it costs around them.
 * Run: `node bench/markers.bench.ts [millions of ids]` (default 5).
 */
import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { padSequence } from '../core/data/position.ts'
import type { Claim } from '../core/ports/markers.ts'
import { type MarkerTable, openMarkerTable } from '../drivers/markers/table/table.ts'

const BATCH = 1_000
const RECORD = 25
const ids = Number(process.argv[2] ?? 5) * 1_000_000
const folder = await mkdtemp(join(tmpdir(), 'markers-bench-'))
const options = { folder, horizon: 24, epochLength: 3_600_000 }
const epoch = Date.UTC(2026, 0, 1)

let record = 0
/** A batch of ids seen before or, without any, new ones; keys are joined as `markerKey` does. */
function batch(keys?: readonly string[]): Claim[] {
  let sequence = ''
  return Array.from({ length: BATCH }, (_, i) => {
    if (i % RECORD === 0) sequence = padSequence(String(++record))
    const key = keys?.[i] ?? `https://shop.example.com/web\u001f${randomUUID()}`
    return { key, epoch, sequence, index: i % RECORD, receipt: '' }
  })
}

/**
 * Claims batches and prints the rate. A batch is made just before it is claimed, outside the measured time.
 */
async function measure(
  title: string,
  table: MarkerTable,
  total: number,
  make: () => Claim[],
): Promise<string[][]> {
  const seen: string[][] = []
  let claiming = 0
  let worst = 0
  for (let done = 0; done < total; done += BATCH) {
    const claims = make()
    const start = performance.now()
    await table.claim(claims)
    const took = performance.now() - start
    claiming += took
    worst = Math.max(worst, took)
    if (seen.length < 400) seen.push(claims.map(({ key }) => key))
    // Lets the writes of spilled tables go on, as an owner that reads its stream does.
    await new Promise(resolve => setImmediate(resolve))
  }
  const rate = `${(total / claiming / 1_000).toFixed(2)} M claims/s`
  console.log(`${title.padEnd(48)} ${rate.padStart(18)}   slowest batch ${worst.toFixed(1)} ms`)
  return seen
}

async function timed<T>(title: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await work()
  console.log(`${title.padEnd(48)} ${`${(performance.now() - start).toFixed(0)} ms`.padStart(18)}`)
  return result
}

function* cycle(batches: readonly string[][]): Generator<string[], never> {
  for (;;) yield* batches
}

const table = await openMarkerTable(options)
const early = await measure('new random ids, one table', table, 1_400_000, () => batch())
const inMemory = cycle(early)
await measure('duplicates in memory', table, 1_000_000, () => batch(inMemory.next().value))
await timed('checkpoint of 1.4 M claims', () => table.checkpoint())
const crashed = `${folder}-crashed`
await cp(folder, crashed, { recursive: true })
const recovered = await timed('open with a journal of 1.4 M claims', () =>
  openMarkerTable({ ...options, folder: crashed }),
)
await recovered.close()
await measure(`new random ids, ${(ids / 1e6).toFixed(0)} M more, spilling`, table, ids, () => batch())
const onDisk = cycle(early)
await measure('duplicates on disk (page cache)', table, 200_000, () => batch(onDisk.next().value))
await timed('checkpoint after them', () => table.checkpoint())
const { entries, spilledTables, memoryBytes } = table.stats()
console.log(
  `${entries} entries, ${spilledTables} tables on disk, ${(memoryBytes / 2 ** 20).toFixed(0)} MB in memory`,
)
await table.close()
await timed('open again', async () => (await openMarkerTable(options)).close())
for (const path of [folder, crashed]) await rm(path, { recursive: true })
