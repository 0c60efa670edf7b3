import type { LogReader } from '../../drivers/stream/log/reader.ts'

/** Where readers stop: they see the log as if it ended there. `Infinity`: they see all of it. */
export type Hold = { end: number }

/** How often a held reader looks whether it may go on, ms. */
const POLL_MS = 20

/**
 * A reader that sees no entry from `hold.end` on, so that several consumers can be stopped at the same place.
 */
export function createHeldReader(reader: LogReader, hold: Hold): LogReader {
  return {
    read(from, maxBytes) {
      if (from >= hold.end) return []
      const entries = reader.read(from, maxBytes)
      return hold.end === Infinity ? entries : entries.filter(({ sequence }) => sequence < hold.end)
    },
    async wait(from, timeoutMs) {
      if (from < hold.end) return reader.wait(from, timeoutMs)
      await new Promise(resolve => setTimeout(resolve, Math.min(timeoutMs, POLL_MS)))
      return false
    },
    close: () => reader.close(),
  }
}
