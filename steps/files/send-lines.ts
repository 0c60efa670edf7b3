import { eventOfLine } from './event-lines.ts'
import type { FileIngestPorts, FileIngestTotals } from './file-ingest.ts'

/** How often refused events are sent again in a turn, and the longest pause before, ms. */
const RESENDS = 4
const LONGEST_PAUSE_MS = 10_000

export type SentLines = Pick<FileIngestTotals, 'accepted' | 'rejected'> & {
  /** Which lines the stream still refuses, as indexes. */
  readonly refused: readonly number[]
}

/** Sends lines until none is refused, or the stream has had its chances. */
export async function sendLines(
  { ingest, pause }: Pick<FileIngestPorts, 'ingest' | 'pause'>,
  lines: readonly Uint8Array[],
): Promise<SentLines> {
  const events = lines.map(eventOfLine)
  let refused: readonly number[] = events.map((_, i) => i)
  const counts = { accepted: 0, rejected: 0 }
  for (let attempt = 0; attempt <= RESENDS && refused.length > 0; attempt++) {
    const sent = refused
    const outcome = await ingest(sent.map(index => events[index]))
    counts.accepted += outcome.accepted
    counts.rejected += outcome.rejected.length
    refused = outcome.retry.map(index => sent[index]!)
    if (refused.length > 0)
      await pause(Math.min(LONGEST_PAUSE_MS, 1000 * Math.max(1, outcome.retryAfterSeconds)))
  }
  return { ...counts, refused }
}
