import { join } from 'node:path'
import { open as openLmdb } from 'lmdb'
import { epochOf } from '../../core/data/epoch.ts'
import { padSequence } from '../../core/data/position.ts'
import { seenIds } from '../../core/declare/changes/seen-ids.ts'
import { metricShapes } from '../../core/declare/metric-kinds.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import { compileAcceptor } from '../../core/event/accept.ts'
import { compileTimeCheck, type TimeBounds } from '../../core/event/event-times.ts'
import { rawFolder } from '../../core/lake/lake-paths.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { StreamRecord } from '../../core/ports/stream/stream.ts'
import { openFolderLake } from '../../drivers/compose/folder-lake.ts'
import { openLmdbHolds } from '../../drivers/holds/lmdb.ts'
import { openMarkerTable } from '../../drivers/markers/table/table.ts'
import { createAjvValidators } from '../../drivers/validators/ajv.ts'
import { openLmdbBatchViews } from '../../drivers/views/lmdb.ts'
import { createMemoryViews } from '../../drivers/views/memory/memory.ts'
import { createApplySpeed } from '../../steps/apply-speed.ts'
import { createIngest } from '../../steps/ingest.ts'
import type { Rejection } from '../../steps/judge.ts'
import { createQueryMetric } from '../../steps/query-metric.ts'
import { runBatches } from './run-batches.ts'

/** What the settings of the platform say about numbers. */
export type TestSettings = {
  /** ms. */
  readonly epochLength: number
  /** Epochs that an event id is remembered for. */
  readonly horizon: number
  readonly timeBounds: TimeBounds
}

type Logged = StreamRecord & { readonly sequence: string }

/** Few, so that a record has several events, and more than one. */
const PARTITIONS = { first: 0, count: 4 }
const LAKE = { threads: 1, memoryLimit: 1e9 } as const

export type TestWorld = Awaited<ReturnType<typeof openTestWorld>>

/**
 * A platform without a network, a clock or a thread: the steps of ingest, of the speed layer and of batches,
 * over the engines of one machine in a folder of their own.
 */
export async function openTestWorld(pipeline: Pipeline, settings: TestSettings, folder: string) {
  const { epochLength, horizon } = settings
  const shapes = metricShapes(pipeline)
  const { lake, engine, close } = await openFolderLake({ folder: join(folder, 'lake'), ...LAKE })
  const markers = await openMarkerTable({ folder: join(folder, 'markers'), horizon, epochLength })
  const root = openLmdb({ path: join(folder, 'batch'), noSync: true, maxDbs: 8 })
  const [views, batch, holds] = [
    createMemoryViews(shapes),
    openLmdbBatchViews(root, shapes),
    openLmdbHolds(root),
  ]
  const counted = new Map(seenIds(pipeline).map(id => [id, 0] as const))
  const countedSince = { list: async () => counted, note: async () => undefined }
  const log: Logged[] = []
  let clock = 0
  const now = () => clock

  const applySpeed = createApplySpeed({ pipeline, markers, views, lanes: 1 })
  const ingest = createIngest({
    accept: compileAcceptor(pipeline, createAjvValidators(), compileTimeCheck(settings.timeBounds, now)),
    stream: { put: async records => records.map(logged) },
    // The outcome of ingest tells of them, and nothing is kept for longer than the test.
    rejected: { put: async () => undefined },
    ...{ now, epochLength, partitionsAt: () => PARTITIONS, process: 'test00' },
  })

  function logged(record: StreamRecord) {
    log.push({ ...record, sequence: padSequence(String(log.length + 1)) })
    return { kind: 'stored' } as const
  }

  const ports = {
    ...{ pipeline, lake, engine, batch, holds, countedSince, epochLength, horizon, now },
    ledger: ledgerOf(log, epochLength, now),
    speed: views,
    wholeFiles: (type: string, epoch: number) => lake.list(rawFolder(type, epoch)),
  }
  const queryMetric = createQueryMetric({
    ...{ ...ports, batchViews: batch, realTimeViews: views, readPast: undefined },
    speedLag: async () => 0,
  })

  return {
    queryMetric,
    /** Takes the events of one request, as of a moment. Answers what ingest answers a sender. */
    receive: (events: readonly unknown[], at: number): Promise<{ rejected: readonly Told[] }> => {
      clock = at
      return ingest(events)
    },
    /** Has the speed layer apply everything. Answers how many events are duplicates. */
    async applyAll(): Promise<number> {
      const { duplicates, unreadable } = await applySpeed(log)
      const [first] = unreadable
      if (first !== undefined)
        throw new TributaryError('internal', `a record cannot be read: ${first.reason}`)
      return duplicates
    },
    /** Puts everything into the raw lake, lets all epochs end, and has batches publish them. */
    async runBatch(): Promise<{ readonly duplicates: number }> {
      for (const [at, { type, epoch, data }] of log.entries())
        await lake.put(`${rawFolder(type, epoch)}/${String(at).padStart(16, '0')}.ndjson`, data)
      clock = epochOf(clock, epochLength) + 3 * epochLength
      return runBatches(ports)
    },
    async close(): Promise<void> {
      await markers.close()
      close()
      await root.close()
    },
  }
}

/** What a sender is told of a rejected event. */
export type Told = Pick<Rejection, 'index' | 'id' | 'code' | 'detail'>

/** What was acknowledged is in both layers as soon as its epoch has ended. */
function ledgerOf(log: readonly Logged[], epochLength: number, now: () => number): Ledger {
  const accepted = (epoch: number) => {
    const counts: Record<string, number> = {}
    for (const record of log)
      if (record.epoch === epoch) counts[record.type] = (counts[record.type] ?? 0) + record.count
    const closed = epoch + epochLength <= now()
    return { epoch, accepted: counts, counts: 'exact' as const, closed }
  }
  return {
    epochs: async after =>
      [...new Set(log.map(({ epoch }) => epoch))]
        .filter(epoch => after === undefined || epoch > after)
        .sort((a, b) => a - b)
        .map(accepted),
    epoch: async epoch => ({ ...accepted(epoch), rawComplete: true, short: {}, speedComplete: true }),
  }
}
