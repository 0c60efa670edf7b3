import type { RejectedEvent } from '../../../core/ports/rejected.ts'
import { packLines } from './packed-line.ts'
import { MAX_RECORD } from './put.ts'

/** Events as Firehose takes them, and those that no Firehose record holds. */
export type Packed = {
  /** JSON lines, each terminated. */
  readonly records: readonly Buffer[]
  readonly large: readonly { readonly event: RejectedEvent; readonly line: Buffer }[]
}

/**
 * Packs rejected events into records, many in one: Firehose bills each record up to the next 5 KB. Those of
 * several events are lines of a packed one, as Direct PUT takes 1 MiB a second in most regions, and JSON is
 * packed to a sixth.
 */
export function packRejected(events: readonly RejectedEvent[]): Packed {
  const records: Buffer[] = []
  const large: Packed['large'][number][] = []
  let lines: Buffer[] = []
  let bytes = 0
  const flush = () => {
    if (bytes > 0) records.push(packLines(Buffer.concat(lines, bytes)))
    lines = []
    bytes = 0
  }
  for (const event of events) {
    const line = Buffer.from(`${JSON.stringify(event)}\n`)
    if (line.length > MAX_RECORD) {
      large.push({ event, line })
      continue
    }
    if (bytes + line.length > MAX_RECORD) flush()
    lines.push(line)
    bytes += line.length
  }
  flush()
  return { records, large }
}
