import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { open } from 'lmdb'
import { padSequence } from '../../core/data/position.ts'
import { metricShapes } from '../../core/declare/metric-kinds.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { rawFolder } from '../../core/lake/lake-paths.ts'
import type { EpochLedger, Ledger } from '../../core/ports/ledger.ts'
import type { SpeedControl } from '../../core/ports/stream/speed-control.ts'
import { openFolderLake } from '../../drivers/compose/folder-lake.ts'
import { openLmdbHolds } from '../../drivers/holds/lmdb.ts'
import { openLmdbBatchViews } from '../../drivers/views/lmdb.ts'
import { createMemoryViews } from '../../drivers/views/memory/memory.ts'
import { CLOCK } from '../arbitraries.ts'
import { memoryCountedSince } from '../counted-since.ts'
import type { Declared } from '../declared.ts'
import { createRandom, faultyPorts } from './faulty-ports.ts'
import { lakeFolder } from './lake-folder.ts'
import { mappedMarkers } from './mapped-markers.ts'
import type { Event, PlatformScenario } from './platform-scenario.ts'
import type { LoggedRecord } from './received-log.ts'
import { createShards, deliver } from './shard.ts'

const { epochLength, horizon } = CLOCK

/** The engines that a property needs only once: starting them takes longer than a run. */
export type PlatformEngines = Awaited<ReturnType<typeof openPlatformEngines>>

export async function openPlatformEngines(declared: Declared) {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'platform-'))
  const shapes = metricShapes(declared.pipeline)
  const lakeRoot = join(folder, 'lake')
  const whole = await openFolderLake({ folder: lakeRoot, threads: 1, memoryLimit: 1e9 })
  let runs = 0
  return {
    declared,
    /** A lake and batch views that hold nothing yet. */
    fresh() {
      const name = `run-${runs++}`
      const root = open({ path: join(folder, 'views', name), noSync: true, mapSize: 16 << 20 })
      return {
        ...lakeFolder(whole, lakeRoot, name),
        lakeRoot: join(lakeRoot, name),
        batch: openLmdbBatchViews(root, shapes),
        holds: openLmdbHolds(root),
        views: createMemoryViews(shapes),
        async dispose(): Promise<void> {
          await root.close()
          for (const part of ['lake', 'views'])
            rmSync(join(folder, part, name), { recursive: true, force: true })
        },
      }
    },
    dispose(): void {
      whole.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type PlatformWorld = ReturnType<typeof createPlatformWorld>

/**
 * Ingest, stream, speed layer and raw delivery over a log that was received before and is let in record by
 * record.
 */
export function createPlatformWorld(
  engines: PlatformEngines,
  log: readonly LoggedRecord[],
  { seed, metrics, lanes }: Pick<PlatformScenario, 'seed' | 'metrics' | 'lanes'>,
) {
  const pipeline =
    metrics === undefined ? engines.declared.pipeline : only(engines.declared.pipeline, log, metrics)
  const { lake, engine, lakeRoot, batch, holds, views, dispose } = engines.fresh()
  const random = createRandom(seed)
  const markers = mappedMarkers(horizon * epochLength)
  const consumer = createShards(log, 1)[0]!
  let acknowledged = 0
  let delivered = 0
  let rawFiles = 0
  let passed = 0

  /** As late as the records still to come allow, give or take what has passed of the epoch. */
  function now(): number {
    const next = log[acknowledged]?.epoch ?? log.at(-1)!.epoch + 3 * epochLength
    return next + Math.min(passed, epochLength - 1)
  }

  const entry = (epoch: number): EpochLedger => {
    const accepted: Record<string, number> = {}
    for (const record of log.slice(0, acknowledged))
      if (record.epoch === epoch) accepted[record.type] = (accepted[record.type] ?? 0) + record.count
    const closed = epoch + epochLength <= now()
    const holds = (records: readonly LoggedRecord[]) => closed && !records.some(each => each.epoch === epoch)
    return {
      epoch,
      accepted,
      counts: 'exact',
      closed,
      rawComplete: holds(log.slice(delivered, acknowledged)),
      short: {},
      speedComplete: holds(log.slice(consumer.next, acknowledged)),
    }
  }
  const ledger: Ledger = {
    epochs: async after =>
      [...new Set(log.slice(0, acknowledged).map(({ epoch }) => epoch))]
        .filter(epoch => after === undefined || epoch > after)
        .map(entry),
    epoch: async epoch => entry(epoch),
  }

  const attempt = (from: number, to: number, crashAt?: number) =>
    deliver(consumer, from, to, { pipeline, lanes, ...faultyPorts({ markers, views }, random, crashAt) })

  async function apply(take: number, crashAt?: number): Promise<void> {
    const to = Math.min(consumer.next + take, acknowledged)
    if (!(await attempt(consumer.next, to, crashAt))) await attempt(consumer.next, to)
    consumer.next = to
  }

  function deliverRaw(take: number, twice: boolean): void {
    const to = Math.min(delivered + take, acknowledged)
    const files = new Map<string, string>()
    for (const { type, epoch, data } of log.slice(delivered, to)) {
      const folder = rawFolder(type, epoch)
      files.set(folder, (files.get(folder) ?? '') + data)
    }
    for (const [folder, data] of files) {
      const path = store(folder, data)
      if (twice) copyFileSync(path, path.replace('.ndjson', '-again.ndjson'))
    }
    delivered = to
  }

  function store(folder: string, data: string): string {
    const path = join(lakeRoot, folder, `${String(rawFiles++).padStart(16, '0')}.ndjson`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, data)
    return path
  }

  async function happen(event: Event): Promise<void> {
    if (event.kind === 'receive') acknowledged = Math.min(acknowledged + event.take, log.length)
    else if (event.kind === 'apply') await apply(event.take, event.crashAt)
    else if (event.kind === 'deliverRaw') deliverRaw(event.take, event.twice)
    else if (event.kind === 'pass') passed += event.seconds * 1000
    else {
      const from = Math.max(0, consumer.next - event.back)
      await attempt(from, Math.min(from + event.take, consumer.next))
    }
  }

  const control: SpeedControl = {
    async pause() {
      deliverRaw(log.length, false)
      await apply(log.length)
      const last = log[acknowledged - 1]?.sequence ?? padSequence('0')
      return { lanes, sequenceOf: () => last }
    },
    resume: async () => undefined,
  }

  return {
    declared: { ...engines.declared, pipeline },
    log,
    ...{ lake, lakeRoot, engine, batch, holds, views, ledger, control, now, happen, dispose },
    countedSince: memoryCountedSince(pipeline),
    /** Everything acknowledged has reached the raw lake and, unless it stands still, the speed layer. */
    async catchUp(isStalled: boolean): Promise<void> {
      deliverRaw(log.length, false)
      if (!isStalled) await apply(log.length)
    },
    /** Records applied: always the first ones of the log. */
    applied: () => consumer.next,
    epochs: [...new Set(log.map(({ epoch }) => epoch))],
  }
}

/**
 * A pipeline with some of its metrics: those at these places among the metrics of the types that have events.
 */
function only(pipeline: Pipeline, log: readonly LoggedRecord[], places: readonly number[]): Pipeline {
  const types = new Set(log.map(({ type }) => type))
  const all = pipeline.metrics.filter(({ type }) => types.has(type))
  const metrics = [...new Set(places.map(place => all[place % all.length]!))]
  const metricsOf = [...pipeline.latest.keys()].map(
    type => [type, metrics.filter(metric => metric.type === type)] as const,
  )
  return { ...pipeline, metrics, metricsOf: new Map(metricsOf) }
}
