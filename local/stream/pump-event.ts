import { SEQUENCE_DIGITS } from '../../core/data/position.ts'
import type { LogEntry } from '../../drivers/stream/log/entry.ts'
import type { DecodedRecord } from '../../functions/sources/kinesis.ts'

/** Bytes of a record in Lambda's event beside its data, rounded up. */
const ENVELOPE_BYTES = 512

/** `ZEROS[n]` brings a number of n digits to the length of a sequence number: cheaper than `padStart`. */
const ZEROS = Array.from({ length: SEQUENCE_DIGITS + 1 }, (_, digits) => '0'.repeat(SEQUENCE_DIGITS - digits))

/** A place in the log as a sequence number. */
export function sequenceNumber(lsn: number): string {
  const digits = String(lsn)
  return ZEROS[digits.length]! + digits
}

/** The place in the log that a sequence number stands for; NaN when it stands for none. */
export function lsnOf(sequence: string): number {
  return /^\d{1,56}$/.test(sequence) ? Number(sequence) : Number.NaN
}

/**
 * A log entry as what Lambda would deliver decodes to, without making that event and its base64: both are in
 * this process. Copies the entry's data.
 */
export function decodedRecord({ sequence, partition, arrival, data }: LogEntry): DecodedRecord {
  const number = sequenceNumber(sequence)
  return {
    sequence: number,
    partition,
    data: data.toString(),
    itemIdentifier: number,
    arrival,
    fault: undefined,
  }
}

/** Bytes an entry would take in Lambda's event, about. */
export function deliveredBytes(entry: LogEntry): number {
  return ENVELOPE_BYTES + Math.ceil(entry.data.length / 3) * 4
}
