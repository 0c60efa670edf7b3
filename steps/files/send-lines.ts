import { eventOfLine } from './event-lines.ts'
import type { FileIngestPorts, FileIngestTotals } from './file-ingest.ts'
import type { LineChunk } from './line-chunks.ts'

/** How often refused events are sent again in a turn, and the longest pause before, ms. */
const RESENDS = 4
const LONGEST_PAUSE_MS = 10_000

/** Sends lines until none is refused; undefined where some still are. */
export async function sendLines(
  { ingest, pause }: Pick<FileIngestPorts, 'ingest' | 'pause'>,
  { lines }: LineChunk,
): Promise<Pick<FileIngestTotals, 'accepted' | 'rejected'> | undefined> {
  let events = lines.map(eventOfLine)
  const counts = { accepted: 0, rejected: 0 }
  for (let attempt = 0; attempt <= RESENDS; attempt++) {
    const outcome = events.length === 0 ? undefined : await ingest(events)
    counts.accepted += outcome?.accepted ?? 0
    counts.rejected += outcome?.rejected.length ?? 0
    if (outcome === undefined || outcome.retry.length === 0) return counts
    events = outcome.retry.map(index => events[index])
    await pause(Math.min(LONGEST_PAUSE_MS, 1000 * Math.max(1, outcome.retryAfterSeconds)))
  }
  return undefined
}
