import { KINESIS_RECORD_SIZE } from '../../drivers/stream/kinesis/kinesis.ts'
import { sum } from './lines.ts'
import { compressed, RECEIPT_BYTES } from './measured.ts'
import { eventRate, type Flow, hit, type Workload } from './workload.ts'

/** Records of a flow, a second, and the bytes of each after compression. */
export type RecordsOfFlow = { readonly flow: Flow; readonly perSecond: number; readonly bytes: number }

/** Records that a workload makes: a request's events of one type and partition are one. */
export function recordsOf(workload: Workload): readonly RecordsOfFlow[] {
  const { flows, batch, partitions, eventBytes } = workload
  const total = eventRate(workload)
  return flows.map(flow => {
    const ofRequest = (batch * flow.eventsPerSecond) / total
    const records = hit(partitions, ofRequest)
    const text = (ofRequest / records) * (eventBytes + RECEIPT_BYTES)
    const pieces = Math.ceil(text / KINESIS_RECORD_SIZE)
    return { flow, perSecond: (total / batch) * records * pieces, bytes: compressed(text / pieces) }
  })
}

/** Bytes a second that reach the raw lake, compressed as they were sent. */
export function storedBytes(workload: Workload): number {
  return sum(recordsOf(workload), one => one.perSecond * one.bytes)
}
