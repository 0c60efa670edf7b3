import { setTimeout as sleep } from 'node:timers/promises'
import type { RejectedEvent } from '../core/ports/rejected.ts'
import type { LogReader } from '../drivers/stream/log/reader.ts'
import { committedEnd, type LogShared } from '../drivers/stream/log/shared.ts'
import { createTail, type Tail, type TailPorts } from '../steps/events/tail.ts'
import { type LaneWords, slowestLane } from './stream/lanes/lane-words.ts'

export type TailingOptions = Omit<TailPorts, 'end' | 'applied' | 'read' | 'now'> & {
  readonly shared: LogShared
  readonly words: LaneWords
  readonly reader: LogReader
}

/** Between two looks at what has come in, ms: each reads a megabyte at most, which takes one. */
const LOOK_EVERY = 200
/** Between two looks at who listens, ms. */
const BEAT_EVERY = 5000
const READ_BYTES = 1 << 20

/** The tail of the events of this process, for as long as somebody listens. */
export function startTailing({ shared, words, reader, ...ports }: TailingOptions): Pick<
  Tail,
  'open' | 'close'
> & {
  noteRejected(events: readonly RejectedEvent[]): void
} {
  const ending = new AbortController()
  const tail = createTail({
    ...ports,
    end: () => committedEnd(shared),
    applied: () => slowestLane(words),
    read: from =>
      reader.read(from, READ_BYTES).map(({ sequence, next, type, count, data }) => ({
        ...{ sequence, next, type, count },
        // The reader's next read overwrites it; until then a text is made of what somebody wants alone.
        lines: () => data.toString('utf8'),
      })),
    now: () => performance.now(),
  })
  void repeat(tail.look, LOOK_EVERY)
  void repeat(async () => tail.beat(), BEAT_EVERY)

  async function repeat(work: () => Promise<void>, everyMs: number): Promise<void> {
    while (!ending.signal.aborted) {
      await sleep(everyMs, undefined, { ref: false, signal: ending.signal }).catch(() => undefined)
      if (!ending.signal.aborted) await work()
    }
  }

  return {
    open: tail.open,
    noteRejected: tail.noteRejected,
    close() {
      ending.abort()
      tail.close()
      reader.close()
    },
  }
}
