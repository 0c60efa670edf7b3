import type { StreamRecord } from '../../../core/ports/stream/stream.ts'

/**
 * One record as it lies in the log, little endian:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 4 | length of the entry |
 * | 4 | 4 | offset of the entry in its block, so that a reader starting here finds the block to verify |
 * | 8 | 4 | partition |
 * | 12 | 4 | count |
 * | 16 | 8 | epoch (float64) |
 * | 24 | 8 | arrival (float64) |
 * | 32 | 4 | length of the type |
 * | 36 | … | type, then data, both UTF-8 |
 */
export const ENTRY_HEADER = 36

/** One record read back from the log. */
export type LogEntry = {
  /** Byte offset of the entry in the whole log: strictly increasing, a safe integer, never 0. */
  readonly sequence: number
  /** Where to read on after this entry. */
  readonly next: number
  readonly partition: number
  readonly type: string
  /** Start of the epoch, ms since 1970. */
  readonly epoch: number
  /** Events in the record. */
  readonly count: number
  /** When the log took the record, ms since 1970. */
  readonly arrival: number
  /** Newline-terminated JSON lines, UTF-8. A view: valid only until the reader's next `read`. */
  readonly data: Buffer
}

/** Bytes an entry can take at most: every UTF-16 code unit becomes three bytes or fewer. */
export function entryBytesAtMost(record: StreamRecord): number {
  return ENTRY_HEADER + 3 * (record.type.length + record.data.length)
}

/** Bytes an entry takes. Costs a pass over the text: ask `entryBytesAtMost` first. */
export function entryBytes(record: StreamRecord): number {
  return ENTRY_HEADER + Buffer.byteLength(record.type) + Buffer.byteLength(record.data)
}

/** Writes an entry at `at`, which must have room for it; returns where it ends. */
export function writeEntry(
  bytes: Buffer,
  view: DataView,
  at: number,
  record: StreamRecord,
  arrival: number,
): number {
  const typeAt = at + ENTRY_HEADER
  const dataAt = typeAt + bytes.write(record.type, typeAt)
  const end = dataAt + bytes.write(record.data, dataAt)
  view.setUint32(at, end - at, true)
  view.setUint32(at + 4, at, true)
  view.setUint32(at + 8, record.partition, true)
  view.setUint32(at + 12, record.count, true)
  view.setFloat64(at + 16, record.epoch, true)
  view.setFloat64(at + 24, arrival, true)
  view.setUint32(at + 32, dataAt - typeAt, true)
  return end
}

/** Reads the entry at `at` of a verified block; `sequence` is its place in the log. */
export function readEntry(bytes: Buffer, at: number, sequence: number): LogEntry {
  const length = bytes.readUInt32LE(at)
  const dataAt = at + ENTRY_HEADER + bytes.readUInt32LE(at + 32)
  return {
    sequence,
    next: sequence + length,
    partition: bytes.readUInt32LE(at + 8),
    count: bytes.readUInt32LE(at + 12),
    epoch: bytes.readDoubleLE(at + 16),
    arrival: bytes.readDoubleLE(at + 24),
    type: bytes.toString('utf8', at + ENTRY_HEADER, dataAt),
    data: bytes.subarray(dataAt, at + length),
  }
}
