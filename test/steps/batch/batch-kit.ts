import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import Type from 'typebox'
import { formatCells } from '../../../core/cells/cells.ts'
import { padSequence } from '../../../core/data/position.ts'
import { parseInstant } from '../../../core/data/time.ts'
import { type ContractDeclaration, defineContract } from '../../../core/declare/contract.ts'
import {
  count,
  distinct,
  first,
  last,
  max,
  mean,
  quantile,
  rate,
  ratio,
  stddev,
  sum,
  variance,
} from '../../../core/declare/measures.ts'
import { defineMetric, type MetricDeclaration } from '../../../core/declare/metric.ts'
import { metricShapes } from '../../../core/declare/metric-kinds.ts'
import { compilePipeline, type Pipeline } from '../../../core/declare/pipeline.ts'
import { packRecords } from '../../../core/event/record.ts'
import { rawFolder } from '../../../core/lake/lake-paths.ts'
import type { CountedSince } from '../../../core/ports/counted-since.ts'
import type { HeavyEngine } from '../../../core/ports/heavy-engine.ts'
import type { Holds } from '../../../core/ports/holds.ts'
import type { LakeEngine } from '../../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import type { EpochLedger, Ledger } from '../../../core/ports/ledger.ts'
import type { BatchViews, RealTimeViews } from '../../../core/ports/views.ts'
import type { TableMark, Warehouse } from '../../../core/ports/warehouse.ts'
import { type FolderLakeSettings, openFolderLake } from '../../../drivers/compose/folder-lake.ts'
import { openLmdbHolds } from '../../../drivers/holds/lmdb.ts'
import { openLmdbBatchViews } from '../../../drivers/views/lmdb.ts'
import { createMemoryViews } from '../../../drivers/views/memory/memory.ts'
import { createApplySpeed } from '../../../steps/apply-speed.ts'
import type { Reconciliation } from '../../../steps/batch/reconcile/reconcile.ts'
import { seeded } from '../../core/sql/hostile-events.ts'
import { memoryCountedSince } from '../../counted-since.ts'
import { expectedPartials, judge, type Received } from '../../oracle.ts'

export const EPOCH = 3_600_000
export const HORIZON = 3
/** Start of the first epoch of the tests. */
export const T0 = Date.parse('2026-11-01T00:00:00Z')

export const order = defineContract({
  type: 'com.example.order',
  version: 1,
  partitionBy: ['customer'],
  scale: 2,
  data: Type.Object({
    customer: Type.Integer(),
    country: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    amount: Type.Union([Type.Number(), Type.Null()]),
  }),
})

export const visit = defineContract({
  type: 'com.example.visit',
  version: 1,
  partitionBy: ['page'],
  data: Type.Object({ page: Type.String() }),
})

export const orders = defineMetric({
  name: 'orders_daily',
  type: order.type,
  window: 'day',
  by: ['country'],
  measures: {
    orders: count(),
    revenue: sum('amount'),
    mean_amount: mean('amount'),
    largest: max('amount'),
    customers: distinct('customer'),
    p90: quantile('amount', 0.9),
  },
})

/** What is shown in its field's own type, and what is shown of other measures. */
export const kept = defineMetric({
  name: 'orders_kept',
  type: order.type,
  window: 'day',
  measures: {
    first_country: first('country'),
    first_amount: first('amount'),
    last_customer: last('customer'),
    spread: stddev('amount'),
    variance: variance('amount'),
    a_second: rate('amount'),
    orders: count(),
    each: ratio('a_second', 'orders'),
  },
})

export const large = defineMetric({
  name: 'large_orders',
  type: order.type,
  window: 'hour',
  where: { amount: { gte: 50 } },
  measures: { orders: count() },
})

export const visits = defineMetric({
  name: 'visits_hourly',
  type: visit.type,
  window: 'hour',
  by: ['page'],
  measures: { visits: count() },
})

export const CONTRACTS: readonly ContractDeclaration[] = [order, visit]

export function pipelineOf(
  metrics: readonly MetricDeclaration[],
  contracts = CONTRACTS,
  models: Readonly<Record<string, string>> = {},
): Pipeline {
  return compilePipeline({
    models: Object.entries(models).map(([name, text]) => ({
      file: `models/${name}.sql`,
      declaration: { name, text },
    })),
    contracts: contracts.map(declaration => ({ file: `${declaration.type}.ts`, declaration })),
    metrics: metrics.map(declaration => ({ file: `${declaration.name}.ts`, declaration })),
    schedules: [],
  })
}

export type SentEvent = {
  readonly type: string
  readonly id: string
  readonly time: string
  readonly partition?: number
  readonly data: unknown
}

/**
 * Every layer but the batch layer, on real drivers where they are cheap, with what was sent for the
 * reference.
 */
export type World = {
  readonly lake: LakeFolder
  /** Files of the lake that are left out, as they were met. */
  leftOut(): readonly string[]
  readonly engine: LakeEngine
  heavy: readonly HeavyEngine[]
  /** The file of an object of the lake. */
  file(path: string): string
  batch: BatchViews
  speed: RealTimeViews
  readonly holds: Holds
  readonly countedSince: CountedSince
  readonly warehouse: Warehouse & { readonly tables: Map<string, Map<string, string>> }
  readonly ledger: Ledger
  readonly received: Received[]
  readonly mismatches: Reconciliation[]
  /** What ingest, the speed layer and the raw delivery do with events of an epoch. */
  send(epoch: number, events: readonly SentEvent[]): Promise<void>
  /** Raw lines once more, as a transport does. */
  redeliver(epoch: number, type: string): Promise<void>
  /** A place of the stream that all records so far are before, and all later ones after. */
  place(): string
  /** Makes the batch layer wait for raw data of an epoch, or not any more. */
  withholdRaw(epoch: number, isHeld: boolean): void
  clock: number
  /** Goes on under other declarations, as a start does; real-time views of before are not carried over. */
  evolve(pipeline: Pipeline): void
  dispose(): Promise<void>
}

/** `engines`: views other than those of one machine. `compute`: what else the lake's engine is told. */
export async function createWorld(
  pipeline: Pipeline,
  engines: Partial<Pick<World, 'speed' | 'batch'>> = {},
  compute: Pick<FolderLakeSettings, 'largestEpoch' | 'spark'> = {},
): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'batch-'))
  const root: RootDatabase = open({ path: join(folder, 'views'), noSync: true })
  const file = (path: string) => join(folder, 'lake', path)
  const { lake, engine, heavy, close } = await openFolderLake({ folder: file(''), ...compute })
  const markers = mapMarkers()
  const viewsOf = (declared: Pipeline) => {
    const speed = engines.speed ?? createMemoryViews(metricShapes(declared))
    const apply = createApplySpeed({ pipeline: declared, markers, views: speed })
    return { speed, apply, batch: engines.batch ?? openLmdbBatchViews(root, metricShapes(declared)) }
  }
  let { apply, ...views } = viewsOf(pipeline)
  const epochs = new Map<number, Record<string, number>>()
  const held = new Set<number>()
  const received: Received[] = []
  let sequence = 0
  const entry = (epoch: number): EpochLedger => {
    const isComplete = !held.has(epoch)
    const closed = epoch + EPOCH <= world.clock
    return {
      epoch,
      accepted: epochs.get(epoch) ?? {},
      counts: 'exact',
      closed,
      rawComplete: closed && isComplete,
      short: {},
      speedComplete: closed,
    }
  }
  const world: World = {
    lake,
    leftOut: lake.leftOut,
    engine,
    heavy,
    file,
    ...views,
    holds: openLmdbHolds(root),
    countedSince: memoryCountedSince(pipeline),
    warehouse: memoryWarehouse(file),
    ledger: {
      epochs: async after =>
        [...epochs.keys()]
          .filter(epoch => after === undefined || epoch > after)
          .sort((a, b) => a - b)
          .map(entry),
      epoch: async epoch => entry(epoch),
    },
    received,
    mismatches: [],
    clock: T0,
    async send(epoch, events) {
      const accepted = events.map(({ partition = 0, type, ...event }, index) => ({
        type,
        hash: partition,
        idHash: 0,
        time: parseInstant(event.time)!,
        json: JSON.stringify({ specversion: '1.0', source: '/test', type, ...event }),
        index,
      }))
      const prefix = `${epoch + 1}-test00-${String(sequence++).padStart(7, '0')}-`
      for (const { record } of packRecords(accepted, epoch, { first: 0, count: Infinity }, prefix)) {
        const counts = epochs.get(epoch) ?? {}
        counts[record.type] = (counts[record.type] ?? 0) + record.count
        epochs.set(epoch, counts)
        for (const json of record.data.trimEnd().split('\n'))
          received.push({ json, epoch, partition: record.partition })
        await apply([
          { sequence: padSequence(String(sequence)), partition: record.partition, data: record.data },
        ])
        await store(file(`${rawFolder(record.type, epoch)}/${sequence++}.ndjson`), record.data)
      }
    },
    async redeliver(epoch, type) {
      const [first] = await lake.list(rawFolder(type, epoch))
      const data = await readFile(file(first!.path), 'utf8')
      await store(file(`${rawFolder(type, epoch)}/${sequence++}.ndjson`), data)
    },
    place: () => padSequence(String(sequence++)),
    withholdRaw: (epoch, isHeld) => void (isHeld ? held.add(epoch) : held.delete(epoch)),
    evolve: declared => {
      ;({ apply, ...views } = viewsOf(declared))
      Object.assign(world, views)
    },
    async dispose() {
      close()
      await root.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return world
}

async function store(file: string, data: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, data)
}

/** What the speed layer remembers, as simply as can be. */
function mapMarkers(): Parameters<typeof createApplySpeed>[0]['markers'] {
  const held = new Map<string, { epoch: number; place: string }>()
  return {
    claim: async claims =>
      claims.map(({ key, epoch, sequence, index }) => {
        const place = `${sequence}|${index}`
        const known = held.get(key)
        if (known !== undefined && epoch - known.epoch <= HORIZON * EPOCH)
          return known.place === place ? 'redelivery' : 'duplicate'
        held.set(key, { epoch, place })
        return 'first'
      }),
  }
}

/** Rows by table, then by key (metrics) or by epoch (contracts). */
export function memoryWarehouse(file: World['file']): World['warehouse'] {
  const tables = new Map<string, Map<string, string>>()
  const marks = new Map<string, TableMark>()
  return {
    tables,
    texts: 'quoted',
    marks: async () => [...marks.values()],
    load: async ({ loads, mark }) => {
      for (const { table, csv, replaces } of loads) {
        const rows = tables.get(table.name) ?? new Map<string, string>()
        tables.set(table.name, rows)
        const text = await readFile(file(csv), 'utf8')
        if (replaces.kind === 'epoch' && text === '') rows.delete(String(replaces.epoch))
        else if (replaces.kind === 'epoch')
          rows.set(String(replaces.epoch), text.trimEnd().split('\n').sort().join('\n'))
        else
          for (const line of text.split('\n').filter(Boolean))
            if (replaces.kind === 'gone') rows.delete(keyOfLine(line))
            else rows.set(keyOfLine(line), line)
      }
      if (mark !== undefined) marks.set(mark.relation, mark)
      return { state: 'loaded' }
    },
    countRows: async (relation, epochs) => {
      const linesOf = (epoch: number) => tables.get(relation)?.get(String(epoch))?.split('\n').length ?? 0
      return new Map(epochs.map(epoch => [epoch, linesOf(epoch)]))
    },
    ask: async () => ({ state: 'loaded' }),
    stop: async () => {},
    switchTo: async (aside, relation) => {
      tables.set(relation, tables.get(aside)!)
      marks.set(relation, { ...marks.get(aside)!, relation })
      tables.delete(aside)
      marks.delete(aside)
    },
    retire: async (relation, isToStay) => {
      if (!isToStay) tables.delete(relation)
      marks.delete(relation)
    },
  }
}

/** Window and group of a metric's row: its first and last column. */
function keyOfLine(line: string): string {
  const window = line.slice(0, line.indexOf(',') + 1)
  return window + line.slice(line.indexOf('"{'))
}

/** What readers see of a metric: how far it is published, and its partials as texts, in order. */
type VisibleViews = { readonly boundary: number | undefined; readonly partials: readonly string[] }

/** Everything the batch layer has made that readers see. */
export async function visibleState(world: World, pipeline: Pipeline) {
  const views: Record<string, VisibleViews> = {}
  for (const metric of pipeline.metrics) {
    const { boundary, partials } = await world.batch.query({
      metric: metric.id,
      from: undefined,
      to: undefined,
      groups: undefined,
      limit: 100_000,
    })
    views[metric.name] = {
      boundary: boundary?.epoch,
      partials: partials.map(p => `${p.window} ${p.group} ${formatCells(metric.kinds, p.cells)}`).sort(),
    }
  }
  const tables = [...world.warehouse.tables].map(([name, rows]) => [name, [...rows].sort()])
  const objects = [...(await world.lake.list('curated')), ...(await world.lake.list('partials'))]
  return { views, tables, objects: objects.map(object => object.path) }
}

/** What the batch views of a metric must hold through an epoch, by the reference. */
export function expectedViews(
  world: World,
  metric: MetricDeclaration,
  through: number,
  contracts: readonly ContractDeclaration[] = CONTRACTS,
): readonly string[] {
  const judged = judge(world.received, { horizon: HORIZON, epochLength: EPOCH })
  return expectedPartials(judged, metric, contracts, epoch => epoch <= through)
    .map(({ window, group, cells }) => `${window} ${group} ${cells}`)
    .sort()
}

export const iso = (ms: number) => new Date(ms).toISOString()

/** An order that falls into the first window of the tests. */
export const buy = (id: string): SentEvent => ({
  ...{ type: order.type, id, time: iso(T0) },
  data: { customer: 1, country: 'de', amount: 60 },
})

/** Orders and visits with late event times, nulls and missing values, and every fifth event sent twice. */
export function someEvents(seed: number, n = 60): SentEvent[] {
  const random = seeded(seed)
  const of = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
  const events = Array.from({ length: n }, (_, i): SentEvent => {
    const time = iso(T0 - Math.floor(random() * 5 * 86_400_000))
    if (i % 4 === 3)
      return {
        type: visit.type,
        id: `v${seed}-${i}`,
        time,
        partition: i % 3,
        data: { page: of(['/', '/"']) },
      }
    const country = of<string | null | undefined>(['de', 'DE', '', null, undefined, '\ufeffx'])
    const amount = of([null, 0, -1.005, 49.99, 50, 1e12, random() * 1000])
    const data = { customer: Math.floor(random() * 20), amount, ...(country !== undefined && { country }) }
    return { type: order.type, id: `o${seed}-${i}`, time, partition: i % 5, data }
  })
  return [...events, ...events.filter((_, i) => i % 5 === 0)]
}
