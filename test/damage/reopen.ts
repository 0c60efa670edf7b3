import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { padSequence } from '../../core/data/position.ts'
import { metricShapes } from '../../core/declare/metric-kinds.ts'
import { markerKey } from '../../core/event/event.ts'
import {
  embeddedPaths,
  openBatchEnvironment,
  openLaneEngines,
  openMarkers,
} from '../../drivers/compose/embedded.ts'
import { openDeadLetters } from '../../drivers/dead-letters/files.ts'
import { openLmdbHolds } from '../../drivers/holds/lmdb.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { openRejectedFiles } from '../../drivers/rejected/files/files.ts'
import { openLog } from '../../drivers/stream/log/log.ts'
import { openLogReader } from '../../drivers/stream/log/reader.ts'
import { openLmdbBatchViews } from '../../drivers/views/lmdb.ts'
import { requireIntact } from '../../local/damage/require-intact.ts'
import { settleLanes } from '../../local/stream/lanes/settle-lanes.ts'
import { rawDeliverySettings } from '../../local/stream/raw-delivery-options.ts'
import { restoreDelivery } from '../../local/stream/raw-restore.ts'
import { createQueryMetric } from '../../steps/query-metric.ts'
import { memoryCountedSince } from '../counted-since.ts'
import { SAMPLE } from '../declared.ts'
import { EPOCH_SECONDS } from './process.ts'
import type { SentEvent } from './traffic.ts'

/** What a folder answers once it is opened again and has applied all of its log. */
export type Reopened = {
  /** Metric → window and group → values. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly rejected: number
  /** Of the events, those that would count again. */
  readonly countedAgain: number
  /** What was reported. */
  readonly said: string
}

const EPOCH_LENGTH = EPOCH_SECONDS * 1000
export const HORIZON = 10_000

/**
 * Opens what a start opens, in this process: log, raw delivery, speed layer, batch views. The real-time views
 * are brought to the log's end by moving them to one lane.
 */
export async function reopen(data: string, events: readonly SentEvent[]): Promise<Reopened> {
  const paths = embeddedPaths(data)
  const pipeline = await loadPipeline(SAMPLE)
  const said: string[] = []
  const report = (failure: Error) => void said.push(failure.message)
  const closing: (() => unknown)[] = []
  try {
    const reached = await requireIntact(paths)
    const log = await openLog({ dir: paths.log, epochLength: EPOCH_LENGTH, minFreeBytes: 0, reached })
    closing.push(() => log.close())
    const { shared } = log
    const reader = openLogReader(paths.log, shared)
    closing.push(() => reader.close())
    await restoreDelivery(
      rawDeliverySettings({ reader, shared, lake: paths.lake, statePath: paths.rawDelivery, report }),
    )
    const markers = await openMarkers(paths, { epochLength: EPOCH_LENGTH, dedupeHorizon: HORIZON })
    closing.push(() => markers.close())
    const deadLetters = await openDeadLetters({ dir: paths.deadLetters })
    await settleLanes({ paths, pipeline, shared, markers, deadLetters, report, progress: () => undefined }, 1)
    const lane = openLaneEngines(paths, pipeline, 0, 1)
    closing.push(() => lane.close())
    const root = openBatchEnvironment(paths)
    closing.push(() => root.close())
    const query = createQueryMetric({
      pipeline,
      batchViews: openLmdbBatchViews(root, metricShapes(pipeline)),
      realTimeViews: { query: asked => lane.views.query(asked) },
      holds: openLmdbHolds(root),
      countedSince: memoryCountedSince(pipeline),
      readPast: undefined,
      epochLength: EPOCH_LENGTH,
      speedLag: async () => 0,
      now: Date.now,
    })
    const answers: Record<string, Record<string, unknown>> = {}
    for (const { name } of pipeline.metrics) {
      const { rows } = await query({ name, where: {}, layer: 'merged' })
      answers[name] = Object.fromEntries(
        rows.map(row => [`${row.window} ${JSON.stringify(row.group)}`, row.values]),
      )
    }
    const rejected = await openRejectedFiles({ folder: paths.rejected, now: Date.now, report })
    closing.push(() => rejected.close())
    const { events: kept } = await rejected.list({ limit: 1000 })
    const verdicts = await markers.claim(
      events.map((event, index) => ({
        ...{ key: markerKey(event), epoch: Math.floor(Date.now() / EPOCH_LENGTH) * EPOCH_LENGTH },
        ...{ sequence: padSequence(String(2 ** 52)), index, receipt: 'again' },
      })),
    )
    const countedAgain = verdicts.filter(verdict => verdict !== 'duplicate').length
    return { answers, rejected: kept.length, countedAgain, said: said.join(' ') }
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

/** What the layers of the lake hold: lines of raw files, curated rows, partials. */
export async function contentOf(data: string): Promise<unknown> {
  const { lake } = embeddedPaths(data)
  const names = (await readdir(lake, { recursive: true })).map(String).sort()
  const raw: Record<string, string[]> = {}
  for (const name of names.filter(each => each.endsWith('.ndjson') && each.startsWith('raw/'))) {
    const folder = name.slice(0, name.lastIndexOf('/'))
    const lines = (await readFile(join(lake, name), 'utf8')).split('\n').filter(line => line !== '')
    raw[folder] = [...(raw[folder] ?? []), ...lines].sort()
  }
  const connection = await (await DuckDBInstance.create()).connect()
  const rowsOf = async (top: string) => {
    const found: Record<string, unknown> = {}
    for (const name of names.filter(each => each.startsWith(`${top}/`) && each.endsWith('.parquet'))) {
      const path = join(lake, name).replaceAll("'", "''")
      const all = await connection.runAndReadAll(
        `SELECT md5(string_agg(CAST(t AS VARCHAR), '' ORDER BY CAST(t AS VARCHAR))) AS content FROM read_parquet('${path}', hive_partitioning = false) AS t`,
      )
      found[name.slice(0, name.lastIndexOf('/'))] = all.getRowObjectsJS()[0]!['content']
    }
    return found
  }
  const content = { raw, curated: await rowsOf('curated'), partials: await rowsOf('partials') }
  connection.closeSync()
  return content
}
