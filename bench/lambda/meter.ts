/** What AWS would bill, as the requests of the functions themselves say. */
export type Meter = {
  /** Calls by service and operation. */
  readonly calls: Readonly<Record<string, number>>
  /** DynamoDB request units by table. */
  readonly reads: Readonly<Record<string, number>>
  readonly writes: Readonly<Record<string, number>>
  readonly kinesis: { readonly records: number; readonly bytes: number; readonly billed: number }
  /** The same records as Firehose takes them from the stream. */
  readonly firehose: { readonly billed: number }
}

/** A record that the stream has taken. */
export type TakenRecord = {
  readonly partitionKey: string
  readonly data: string
  readonly sequenceNumber: string
}

const KB = 1024
/**
 * On-demand streams bill the payload, data and partition key, in steps of 1 KB (Amazon Kinesis Data Streams
 * pricing).
 */
const KINESIS_STEP = KB
/** Firehose bills a record in steps of 5 KB (Amazon Data Firehose pricing). */
const FIREHOSE_STEP = 5 * KB

/** Adds up what a server of AWS's calls is asked for. */
export function createMeter() {
  const calls: Record<string, number> = {}
  const reads: Record<string, number> = {}
  const writes: Record<string, number> = {}
  const kinesis = { records: 0, bytes: 0, billed: 0 }
  const firehose = { billed: 0 }
  return {
    call: (name: string) => add(calls, name, 1),
    record(dataBytes: number, keyBytes: number): void {
      kinesis.records += 1
      kinesis.bytes += dataBytes
      kinesis.billed += stepped(dataBytes + keyBytes, KINESIS_STEP)
      firehose.billed += stepped(dataBytes, FIREHOSE_STEP)
    },
    units: (kind: 'read' | 'write', table: string, units: number) =>
      add(kind === 'read' ? reads : writes, table, units),
    read: (): Meter => structuredClone({ calls, reads, writes, kinesis, firehose }),
  }
}

function add(to: Record<string, number>, name: string, value: number): void {
  to[name] = (to[name] ?? 0) + value
}

function stepped(bytes: number, step: number): number {
  return Math.ceil(bytes / step) * step
}
