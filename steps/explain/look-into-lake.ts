import { formatCells } from '../../core/cells/cells.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { calendarOf } from '../../core/fold/rollup-windows.ts'
import type { LakeEngine, LakeSession } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import { plainCount } from '../../core/sql/explain/plain.ts'
import { curatedEpochs, metricOf } from '../batch/lookup.ts'
import type { UncheckedPorts } from '../batch/refine/unchecked.ts'
import { computeCells } from './compute-cells.ts'
import { findDuplicates, latersOf } from './duplicates.ts'
import { type EpochSource, epochSources, type RawObjects, rawFrom } from './epoch-sources.ts'
import { isSettled } from './is-settled.ts'
import { pageOfEvents } from './page-of-events.ts'
import type { LakeAnswer, LakePart, LakeQuestion } from './question.ts'
import { readRawLines } from './raw-lines.ts'
import { type StoredCell, storedCells } from './stored-cells.ts'

export type LookPorts = UncheckedPorts & {
  readonly pipeline: Pipeline
  readonly lake: LakeFolder
  /** One of its own, so that a question takes nothing from runs and from what comes in. */
  readonly engine: LakeEngine
  readonly ledger: Ledger
  /** ms. */
  readonly epochLength: number
  /** Epochs that an event id is remembered for. */
  readonly horizon: number
  /** Bytes of raw lines that a question reads of unrefined epochs unless it is thorough (128 MB). */
  readonly liveBytes?: number
}

export type LookIntoLake = (question: LakeQuestion) => Promise<LakeAnswer>

export type LookTask = {
  readonly ports: LookPorts
  readonly session: LakeSession
  readonly engine: LakeEngine
  readonly metric: Metric
  readonly question: LakeQuestion
}

/** Raw lines of epochs that nobody has refined: half a second to a second on one thread. */
const LIVE_BYTES = 128e6
/** Raw lines that are looked through for duplicates: a tenth of a second or two. */
const DROPPED_BYTES = 32e6
const DAY = 86_400_000

/**
 * Builds the half of explaining that reads the lake: what each epoch has of a cell, computed from its
 * events now, beside what the batch layer keeps of it; the events themselves; and what was dropped. It
 * writes nothing.
 *
 * @throws (the step) TributaryError of the lake; `too_large` beyond what one question may read
 */
export function createLookIntoLake(ports: LookPorts): LookIntoLake {
  return question =>
    ports.engine.session(async session => {
      const metric = metricOf(ports.pipeline, question.metric)
      return look({ ports, session, engine: ports.engine, metric, question })
    })
}

/** A part whose events are to be read. */
type Place = {
  readonly layer: LakePart['layer']
  readonly epoch: number
  readonly stored: StoredCell | undefined
}

async function look(task: LookTask): Promise<LakeAnswer> {
  const { ports, session, metric, question } = task
  const stored = await storedCells(ports, session, metric, question)
  const places: readonly Place[] = [
    ...stored.map(one => ({ layer: 'batch' as const, epoch: one.epoch, stored: one })),
    ...question.live.map(epoch => ({ layer: 'real-time' as const, epoch, stored: undefined })),
  ]
  const epochsOf = new Map<Place, readonly number[]>()
  for (const place of places) epochsOf.set(place, await epochsIn(task, place))
  const sources = await epochSources(ports, session, metric, [...epochsOf.values()].flat())
  const live = sources.filter(({ epoch, curated }) => curated === undefined && question.live.includes(epoch))
  const raw = await rawToRead(task, live)
  const { refined, later, notRead } = await latersOf(
    task,
    sources,
    raw.objects,
    question.isThorough ? Number.POSITIVE_INFINITY : DROPPED_BYTES,
  )
  const unrefined = [...raw.objects, ...later]
  const hasRaw = unrefined.length + refined.length > 0
  if (hasRaw) await readRawLines(task, { unrefined, refined })
  const read = new Set(raw.objects.map(({ epoch }) => epoch))
  const curated = sources.flatMap(one => one.curated ?? [])
  const computed = await computeCells(
    task,
    curated,
    live.filter(({ epoch }) => read.has(epoch)).map(one => one.epoch),
    stored,
  )
  const parts: LakePart[] = []
  for (const place of places)
    parts.push(
      await partOf(task, place, epochsOf.get(place)!, {
        sources,
        computed,
        raw: raw.objects,
        isTooLarge: raw.isTooLarge,
      }),
    )
  const { windows } = question.cell
  const seconds = (calendarOf(windows).endOf(windows.from) - windows.from) / 1000
  return {
    parts,
    ...(await pageOfEvents(task, sources, computed)),
    duplicates: { ...(hasRaw ? await findDuplicates(task) : { total: 0, first: [] }), notRead },
    sql: curated.length === 0 ? undefined : plainCount(metric, question.cell, curated, seconds),
  }
}

/** The epoch by itself; of a condensed day those that began on it. */
async function epochsIn({ ports, metric }: LookTask, { epoch, stored }: Place): Promise<readonly number[]> {
  if (stored?.isCondensed !== true) return [epoch]
  const epochs = await curatedEpochs(ports.lake, metric.type, { after: epoch - 1000 })
  return epochs.filter(each => each >= epoch && each < epoch + DAY)
}

/**
 * Raw lines without which live epochs cannot be told: their own, and those of unrefined epochs that may
 * have counted an event before.
 */
async function rawToRead(
  { ports, metric, question }: LookTask,
  live: readonly EpochSource[],
): Promise<{ readonly objects: readonly RawObjects[]; readonly isTooLarge: boolean }> {
  const budget = question.isThorough ? Number.POSITIVE_INFINITY : (ports.liveBytes ?? LIVE_BYTES)
  if (live.length === 0) return { objects: [], isTooLarge: false }
  const epochs = live.map(({ epoch }) => epoch)
  const first = Math.min(...epochs) - ports.horizon * ports.epochLength
  const refined = new Set(await curatedEpochs(ports.lake, metric.type, { after: first - 1000 }))
  const all = await rawFrom(ports, metric.type, first, MAX_EPOCHS)
  const needed = all.filter(
    ({ epoch, objects }) => !refined.has(epoch) && objects.length > 0 && epoch <= Math.max(...epochs),
  )
  const bytes = needed.reduce((sum, one) => sum + one.bytes, 0)
  if (bytes > budget) return { objects: [], isTooLarge: true }
  return { objects: needed, isTooLarge: false }
}

/** Epochs with raw lines that are looked at for one question, at most. */
const MAX_EPOCHS = 10_000

export type ComputedEpoch = { readonly cells: string; readonly events: number; readonly last: number }

async function partOf(
  task: LookTask,
  { layer, epoch, stored }: Place,
  epochs: readonly number[],
  found: {
    readonly sources: readonly EpochSource[]
    readonly computed: Awaited<ReturnType<typeof computeCells>>
    readonly raw: readonly RawObjects[]
    readonly isTooLarge: boolean
  },
): Promise<LakePart> {
  const { ports, metric } = task
  const own = found.sources.filter(one => epochs.includes(one.epoch))
  const rawOf = (each: number) => found.raw.find(one => one.epoch === each)
  const isRead =
    epochs.length > 0 && own.every(one => one.curated !== undefined || rawOf(one.epoch) !== undefined)
  const settled = await isSettled(ports, metric, layer, epoch)
  const unread =
    layer === 'batch'
      ? settled.isExpired
        ? 'expired'
        : undefined
      : found.isTooLarge
        ? 'too large'
        : undefined
  const computed = found.computed.combined(epochs)
  return {
    ...{ layer, epoch, epochs },
    stored: stored && formatCells(metric.kinds, stored.cells),
    computed: isRead ? { cells: computed?.cells, events: computed?.events ?? 0 } : undefined,
    last: isRead ? computed?.last : undefined,
    unread: isRead ? undefined : unread,
    isSettled: settled.isSettled,
    files: own.flatMap(one => (one.curated === undefined ? (rawOf(one.epoch)?.objects ?? []) : one.files)),
  }
}
