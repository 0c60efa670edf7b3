import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { readList } from '../core/iceberg/manifest.ts'
import { currentSnapshot, readTable } from '../core/iceberg/table-metadata.ts'
import type { OpenTable } from '../core/lake/open-table.ts'
import { createFolderTableFiles } from '../drivers/table-files/folder.ts'
import { commitEpochs } from '../steps/tables/commit-epochs.ts'
import type { EpochFiles } from '../steps/tables/epoch-files.ts'
import { expireSnapshots } from '../steps/tables/expire-snapshots.ts'
import { memoryCatalog } from '../test/memory-catalog.ts'
import { cpuSince } from './batch-world.ts'

/**
 * What a commit to an open table costs after so many hourly epochs (`--epochs`, ten years: 87,600): one more
 * epoch, one that is computed again, and expiry; beside a table that has few. Of a table's files only their
 * names matter here, so that all are one.
 */
const { values } = parseArgs({ options: { epochs: { type: 'string', default: '87600' } } })
const EPOCHS = Number(values.epochs)
const HOUR = 3_600_000
const T0 = Date.parse('2016-01-01T00:00:00Z')
/** Single commits that are timed. */
const COMMITS = 200

const folder = mkdtempSync(join(tmpdir(), 'open-tables-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
writeFileSync(join(folder, 'part.parquet'), 'rows')

const column = (name: string) => ({ name, type: 'timestamp', description: '' }) as const
const INSTANTS = ['event_time', 'received_at', 'epoch']
const table = (name: string): OpenTable => ({
  ...{ namespace: 'curated', table: name, source: name, dayOf: 'event_time' },
  columns: INSTANTS.map(column),
})
let clock = T0
const ports = {
  catalog: memoryCatalog(),
  files: createFolderTableFiles(folder),
  now: () => clock,
  newUuid: randomUUID,
}

let files = 0
function epochOf(n: number): EpochFiles {
  const epoch = T0 + n * HOUR
  const instants = new Map(INSTANTS.map(name => [name, { from: epoch, to: epoch + HOUR / 2 }]))
  const part = { uri: `file://${folder}/data/${files++}.parquet`, bytes: 1_000_000, rows: 50_000, instants }
  return { epoch, parts: [part], columns: new Set(INSTANTS) }
}

async function commit(open: OpenTable, epochs: readonly number[]): Promise<void> {
  clock = Math.max(clock, T0 + (epochs.at(-1)! + 1) * HOUR)
  await commitEpochs(ports, open, {
    ...{ epochs: epochs.map(epochOf), run: `run-${epochs[0]}`, through: T0 + epochs.at(-1)! * HOUR },
  })
}

/** Middle of the times of each, ms, and of processor time. */
async function timed(times: number, work: (n: number) => Promise<unknown>): Promise<string> {
  const [before, each] = [process.cpuUsage(), [] as number[]]
  for (let n = 0; n < times; n++) {
    const from = performance.now()
    await work(n)
    each.push(performance.now() - from)
  }
  const [cpu, sorted] = [(cpuSince(before) * 1000) / times, each.sort((a, b) => a - b)]
  const at = (share: number) => sorted[Math.min(times - 1, Math.floor(times * share))]!.toFixed(1)
  return `${at(0.5)} ms (p99 ${at(0.99)}), ${cpu.toFixed(1)} ms of processor`
}

async function stateOf(open: OpenTable): Promise<string> {
  const location = (await ports.catalog.location(open))!
  const metadata = readTable(await ports.files.read(location), location)
  const list = await ports.files.read(currentSnapshot(metadata)!['manifest-list'])
  return `${readList(list).length} manifests, ${metadata.snapshots!.length} snapshots`
}

async function measure(name: string, epochs: number): Promise<void> {
  const open = table(name)
  for (let from = 0; from < epochs; from += 200)
    await commit(
      open,
      Array.from({ length: Math.min(200, epochs - from) }, (_, i) => from + i),
    )
  // Those of which the table was made.
  while ((await expireSnapshots(ports, open)) > 0);
  const next = await timed(COMMITS, n => commit(open, [epochs + n]))
  const again = await timed(20, n => commit(open, [Math.floor((epochs * n) / 20)]))
  const expiry = await timed(1, () => expireSnapshots(ports, open))
  process.stdout.write(
    `${epochs} epochs, ${await stateOf(open)}: one more ${next}; one again ${again}; expiry ${expiry}\n`,
  )
}

await measure('few', 200)
await measure('many', EPOCHS)
