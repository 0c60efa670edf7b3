import type { StreamRecord } from '../ports/stream/stream.ts'
import type { CloudEvent } from './event.ts'
import { type Partitions, partitionOf } from './partition.ts'
import { receipt } from './receipt.ts'

/**
 * Characters of JSON text in a record where nothing compresses it: about one Kinesis payload unit (25 KB).
 */
export const RECORD_SIZE = 25_000

/**
 * Most bytes of a record's text, and what an event alone can take: Kinesis takes 1 MiB a record where a
 * stream does not raise it, partition key included.
 */
export const MAX_RECORD_BYTES = 1_048_000

/** An accepted event before it has a receipt. */
export type Accepted = {
  readonly type: string
  /** Of its partition fields: with the number of partitions it says which one it is in. */
  readonly hash: number
  /** Of source and id: where equal ones are looked for. */
  readonly idHash: number
  /** Event time, ms since 1970. */
  readonly time: number
  /** JSON text of the event: canonical (no repeated keys, no line breaks). */
  readonly json: string
  /** Index in the request. */
  readonly index: number
  /** Whether a number in it has more decimal places than its contract keeps. */
  readonly isRounded?: boolean
  /** Fields that its contract does not name, where this event was looked at for them. */
  readonly undeclared?: readonly string[] | undefined
}

/** A stream record, which events of the request are in it, the hashes of their ids, where lines begin. */
export type PackedRecord = {
  readonly record: StreamRecord
  readonly indexes: readonly number[]
  readonly hashes: readonly number[]
  readonly offsets: readonly number[]
}

/**
 * An event as the stream, the raw lake and the speed layer carry it: the sender's attributes and the
 * receipt's.
 */
export type ReceivedEvent = CloudEvent & {
  readonly tbreceipt: string
  readonly tbepoch: number
  readonly tbtime: number
  readonly tbpartition: number
}

/**
 * Packs events into records of one partition, type and epoch. Receipts are numbered in packed order, so the
 * order of receipts is the order in the stream: both layers use it to decide which of two equal ids came
 * first.
 *
 * @param size characters of JSON text after which a record is full; one event may be larger
 */
export function packRecords(
  events: readonly Accepted[],
  epoch: number,
  partitions: Partitions,
  prefix: string,
  size: number = RECORD_SIZE,
): readonly PackedRecord[] {
  const packed: PackedRecord[] = []
  const head = `{"tbreceipt":"${prefix}`
  const stamp = `","tbepoch":${epoch},"tbtime":`
  let place = 0
  for (const together of byTypeAndPartition(events, partitions)) {
    const { type, hash } = together[0]!
    const partition = partitionOf(hash, partitions)
    const tail = `,"tbpartition":${partition},`
    let data = ''
    let indexes: number[] = []
    let hashes: number[] = []
    let offsets: number[] = []
    const flush = () => {
      const record = { partition, type, epoch, count: indexes.length, data }
      packed.push({ record, indexes, hashes, offsets })
      data = ''
      indexes = []
      hashes = []
      offsets = []
    }
    for (const { json, time, index, idHash } of together) {
      if (data.length > 0 && data.length + json.length > size) flush()
      offsets.push(data.length)
      hashes.push(idHash)
      data += `${receipt(head, place++)}${stamp}${time}${tail}${json.slice(1)}\n`
      indexes.push(index)
    }
    flush()
  }
  return packed
}

function byTypeAndPartition(
  events: readonly Accepted[],
  partitions: Partitions,
): Iterable<readonly Accepted[]> {
  if (events.length === 1) return [events]
  const byType = new Map<string, Map<number, Accepted[]>>()
  for (const event of events) {
    let ofType = byType.get(event.type)
    if (ofType === undefined) {
      ofType = new Map()
      byType.set(event.type, ofType)
    }
    const partition = partitionOf(event.hash, partitions)
    const together = ofType.get(partition)
    if (together === undefined) ofType.set(partition, [event])
    else together.push(event)
  }
  return byType.values().flatMap(ofType => ofType.values())
}

/** Reads the events of a record. */
export function readRecord(data: string): readonly ReceivedEvent[] {
  const end = data.endsWith('\n') ? data.length - 1 : data.length
  const first = data.indexOf('\n')
  if (first === -1 || first === end) return [JSON.parse(data) as ReceivedEvent]
  return JSON.parse(`[${data.slice(0, end).replaceAll('\n', ',')}]`) as ReceivedEvent[]
}

/** Reads one line of the raw lake; undefined where it is no received event. */
export function readReceived(line: string): ReceivedEvent | undefined {
  try {
    const event = JSON.parse(line) as Partial<ReceivedEvent> | null
    return isReceived(event) ? (event as ReceivedEvent) : undefined
  } catch {
    return undefined // Damaged: doctor names it, and no engine reads it either.
  }
}

/** Whether it has what every received event has: anybody who may write to the stream can write others. */
export function isReceived(event: Partial<ReceivedEvent> | null): boolean {
  return (
    typeof event?.data === 'object' &&
    event.data !== null &&
    typeof event.type === 'string' &&
    typeof event.source === 'string' &&
    typeof event.id === 'string' &&
    typeof event.tbreceipt === 'string' &&
    Number.isSafeInteger(event.tbepoch) &&
    Number.isSafeInteger(event.tbtime)
  )
}
