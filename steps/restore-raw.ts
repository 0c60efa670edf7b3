import { tallyId } from '../core/cells/tally.ts'
import { pathInstant } from '../core/data/time.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { createRawFolderReader } from '../core/event/received-line.ts'
import { rawFolder } from '../core/lake/lake-paths.ts'
import type { Holds } from '../core/ports/holds.ts'
import type { LakeFolder } from '../core/ports/lake-folder.ts'
import type { Ledger, RawDeliveries } from '../core/ports/ledger.ts'
import type { StreamReader } from '../core/ports/stream/stream-reader.ts'
import type { BatchViews } from '../core/ports/views.ts'
import { markDue } from './batch/marks/due-marks.ts'
import { computableSince, type Horizon, keptMarks } from './batch/retention/kept.ts'
import type { TaskResult } from './batch/task.ts'

export type RestoreRawPorts = {
  readonly pipeline: Pipeline
  readonly lake: Pick<LakeFolder, 'list' | 'put'>
  readonly ledger: Ledger
  readonly holds: Pick<Holds, 'list'>
  readonly batch: Pick<BatchViews, 'boundary'>
  readonly deliveries: RawDeliveries
  readonly reader: StreamReader
} & Horizon

/** The epoch in hand, and the instant that the stream has been read through for it, ms. */
export type RestoreProgress = { readonly epoch: number; readonly at: number }

/** `only`: event types; default: all. */
export type RestoreRawTask = {
  readonly progress: RestoreProgress | undefined
  readonly only?: readonly string[] | undefined
}

export type RestoreRawResult = TaskResult<{ readonly status: 'more' | 'done' } & RestoreProgress>

export type RestoreRaw = (task: RestoreRawTask) => Promise<RestoreRawResult>

/** Time of the stream that one turn reads, ms: at a shard's full rate it takes some five minutes. */
const SLICE_MS = 300_000
/** Ingest stamps an epoch by its own clock, the stream an arrival by another, after ingest's last attempt. */
const BEFORE_MS = 60_000
const AFTER_MS = 120_000
/** A turn that takes longer is not one that a function could end, ms. */
const PATIENCE_MS = 840_000
/** Text that is held before it becomes an object, characters. */
const OBJECT_SIZE = 32 << 20

/**
 * Builds the step that fills up the raw lake from the stream: events that were acknowledged and never
 * delivered, or were lost afterwards. It takes the epochs of which a type is short by the ledger, or held for
 * it, as far as the stream reaches back, oldest first, some minutes of the stream a turn. What is already
 * there comes twice, and refining leaves it out by its receipt. Published epochs are marked as due; the
 * others are the next batch's anyway. What is kept no longer could not be counted any more, and stays away.
 *
 * @throws (the step) TributaryError of the stream, the lake or the ledger
 */
export function createRestoreRaw(ports: RestoreRawPorts): RestoreRaw {
  return async ({ progress, only }) => {
    const found = await nextShort(ports, progress, only)
    if (found === undefined) return { status: 'done', ...(progress ?? { epoch: 0, at: 0 }), report: {} }
    const { epoch, types, at } = found
    const to = Math.min(at + SLICE_MS, endOf(ports, epoch))
    const lines = await restore(ports, { epoch, types, from: at, to })
    for (const [type] of lines)
      if (epoch <= ((await ports.batch.boundary(tallyId(type)))?.epoch ?? Number.NEGATIVE_INFINITY))
        await markDue(ports.lake, type, [epoch])
    const restored = { [pathInstant(at)]: Object.fromEntries(lines) }
    return { status: 'more', epoch, at: to, report: { restored: { [pathInstant(epoch)]: restored } } }
  }
}

const endOf = ({ epochLength }: RestoreRawPorts, epoch: number) => epoch + epochLength + AFTER_MS

type Short = { readonly epoch: number; readonly types: ReadonlySet<string>; readonly at: number }

/** The epoch in hand while it is not read through, else the next one that a type is short in. */
async function nextShort(
  ports: RestoreRawPorts,
  progress: RestoreProgress | undefined,
  only: readonly string[] | undefined,
): Promise<Short | undefined> {
  const oldest = await ports.reader.keptSince()
  const first = progress === undefined || progress.at >= endOf(ports, progress.epoch)
  const after = progress === undefined ? oldest - ports.epochLength : progress.epoch
  const held = await heldShort(ports)
  const open = (await ports.ledger.epochs(first ? after : after - 1)).map(({ epoch }) => epoch)
  const kept = await keptMarks(ports.lake)
  const isWanted = (type: string, epoch: number) =>
    (only === undefined || only.includes(type)) && epoch >= computableSince(kept, type, ports)
  const epochs = new Set([...open, ...held.keys()].filter(epoch => (first ? epoch > after : epoch >= after)))
  for (const epoch of [...epochs].sort((a, b) => a - b)) {
    const { short } = await ports.ledger.epoch(epoch)
    const lacking = [...Object.keys(short), ...(held.get(epoch) ?? [])]
    const types = new Set(lacking.filter(type => isWanted(type, epoch)))
    const isInHand = !first && epoch === progress?.epoch
    const at = isInHand ? progress.at : Math.max(epoch - BEFORE_MS, oldest)
    if (types.size > 0) return { epoch, types, at }
  }
  return undefined
}

/** Types that are held because raw data is short, by the epoch they are held at. */
async function heldShort({ pipeline, holds }: RestoreRawPorts): Promise<ReadonlyMap<number, string[]>> {
  const found = new Map<number, string[]>()
  const short = (await holds.list()).filter(({ code }) => code === 'raw_incomplete')
  for (const { id, epoch } of short) {
    const type = pipeline.latest.keys().find(each => tallyId(each) === id)
    if (type !== undefined) found.set(epoch, [...(found.get(epoch) ?? []), type])
  }
  return found
}

type Slice = Omit<Short, 'at'> & { readonly from: number; readonly to: number }

/** Writes the lines that a slice of the stream has of an epoch and types; answers how many, by type. */
async function restore(ports: RestoreRawPorts, slice: Slice): Promise<ReadonlyMap<string, number>> {
  const { reader } = ports
  const counts = new Map<string, number>()
  let waiting = new Map<string, string[]>()
  let [size, objects] = [0, 0]
  let writing: Promise<void> = Promise.resolve()
  const flush = () => {
    const [texts, n] = [waiting, objects++]
    waiting = new Map()
    size = 0
    // One after the other: batches of several shards come at the same time.
    writing = writing.then(() => store(ports, slice, texts, n))
    return writing
  }
  const typeOf = wantedType(slice)
  const signal = AbortSignal.timeout(PATIENCE_MS)
  await reader.read({ from: slice.from, to: slice.to, signal }, async ({ records }) => {
    for (const { data } of records) {
      const type = typeOf(data)
      if (type === undefined) continue
      const texts = waiting.get(type) ?? []
      texts.push(data)
      waiting.set(type, texts)
      counts.set(type, (counts.get(type) ?? 0) + linesIn(data))
      size += data.length
    }
    if (size >= OBJECT_SIZE) await flush()
  })
  await flush()
  return counts
}

/** Tells the type of a wanted record by its first line: ingest packs events of one type and epoch. */
function wantedType({ epoch, types }: Slice): (data: string) => string | undefined {
  const folderOf = createRawFolderReader()
  return data => {
    const end = data.indexOf('\n')
    const line = Buffer.from(end === -1 ? data : data.slice(0, end))
    const folder = folderOf(line, 0, line.length)
    return folder?.epoch === epoch && types.has(folder.type) ? folder.type : undefined
  }
}

/** Once it is in the lake the ledger is told; to do either again changes nothing. */
async function store(
  { lake, deliveries }: RestoreRawPorts,
  { epoch, from }: Slice,
  texts: ReadonlyMap<string, readonly string[]>,
  n: number,
): Promise<void> {
  for (const [type, records] of texts) {
    const path = `${rawFolder(type, epoch)}/restored-${pathInstant(Math.floor(from / 1000) * 1000)}-${n}.jsonl`
    await lake.put(path, records)
    const lines = records.reduce((sum, data) => sum + linesIn(data), 0)
    await deliveries.delivered(path, [{ type, epoch, lines }])
  }
}

function linesIn(data: string): number {
  return data.split('\n').length - (data.endsWith('\n') ? 1 : 0)
}
