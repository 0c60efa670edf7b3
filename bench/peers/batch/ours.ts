import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { type CellValues, parseCell } from '../../../core/cells/cells.ts'
import { WINDOWS } from '../../../core/data/time.ts'
import type { Metric } from '../../../core/declare/metric-plan.ts'
import { present } from '../../../core/fold/present.ts'
import { loadPipeline } from '../../../drivers/pipeline/folder.ts'
import { run } from '../process.ts'
import type { ResultRow, Results } from './results.ts'

const TYPE = 'com.tributary.trip'

/** A batch run of ours, over events that it wrote itself. */
export type OurBatch = {
  readonly seconds: number
  /** DuckDB by hand in the same run, with the engine's version that we embed. */
  readonly byHandSeconds: number
  readonly mismatches: number
  /** Folder of the raw files, for the peers to read. */
  readonly raw: string
  readonly results: Results
  dispose(): void
}

/** Writes events, runs the batch over them as `npm run bench -- batch` does, and reads what it computed. */
export async function runOurs(events: number): Promise<OurBatch> {
  const folder = mkdtempSync(join(tmpdir(), 'peers-batch-'))
  const script = join(import.meta.dirname, '..', '..', 'batch.bench.ts')
  const command = [process.execPath, script, '--events', String(events), '--keep', '--json']
  const printed = await run(command, 900_000, { cores: '0,1', env: { TMPDIR: folder } })
  const result = JSON.parse(printed.split('\n').at(-1)!) as {
    batch: number
    byHand: readonly { seconds: number }[]
    mismatches: number
  }
  const lake = join(folder, readdirSync(folder).find(name => name.startsWith('batch-bench-'))!, 'lake')
  return {
    seconds: result.batch,
    byHandSeconds: Math.min(...result.byHand.map(({ seconds }) => seconds)),
    mismatches: result.mismatches,
    raw: onlyFolderIn(join(lake, 'raw', `type=${TYPE}`)),
    results: await resultsIn(lake),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A folder for a peer's results. */
export function peerFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'peers-out-'))
  mkdirSync(folder, { recursive: true })
  return folder
}

async function resultsIn(lake: string): Promise<Results> {
  const pipeline = await loadPipeline(join(import.meta.dirname, '..', '..', 'pipeline'))
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const of = async (name: string) => {
    const metric = pipeline.metrics.find(candidate => candidate.name === name)!
    const file = `${onlyFolderIn(join(lake, 'partials', `metric=${metric.id}`))}/*.parquet`
    const reader = await connection.runAndReadAll(`SELECT * FROM '${file}'`)
    return reader.getRowObjects().map(row => presented(metric, row))
  }
  return {
    hourly: await of('trips_hourly'),
    daily: await of('riders_daily'),
    minutely: await of('trips_minutely'),
  }
}

function presented(metric: Metric, row: Readonly<Record<string, unknown>>): ResultRow {
  const cells: CellValues = metric.cells.map(({ name, kind }) => {
    const value = row[name]
    return parseCell(kind, value === null ? null : String(value))
  })
  const group = JSON.parse(String(row['group'])) as { hoverboard_id?: number }
  const key = [Number(row['window']), group.hoverboard_id].filter(part => part !== undefined).join(' ')
  return { key, values: present(metric, cells, WINDOWS[metric.window]) as ResultRow['values'] }
}

function onlyFolderIn(parent: string): string {
  const [name, ...more] = readdirSync(parent)
  if (name === undefined || more.length > 0) throw new Error(`one epoch expected in ${parent}`)
  return join(parent, name)
}
