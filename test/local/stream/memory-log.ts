import { setTimeout as sleep } from 'node:timers/promises'
import type { LogEntry } from '../../../drivers/stream/log/entry.ts'
import type { LogReader } from '../../../drivers/stream/log/reader.ts'
import { type LogShared, newShared, publishEnd } from '../../../drivers/stream/log/shared.ts'

const START = 32
const BLOCK_HEADER = 32

/**
 * A log in memory: like the real one it has gaps between blocks, and overwrites what an earlier read gave.
 */
export class MemoryLog {
  readonly shared: LogShared = newShared(START, START)
  readonly entries: LogEntry[] = []
  /** Entries a read gives at most. */
  readonly readSize: number
  #given: Buffer[] = []
  #end = START
  /** Thrown by the next reads, one each. */
  readonly faults: Error[] = []

  constructor(readSize = 7) {
    this.readSize = readSize
  }

  get start(): number {
    return START
  }

  get end(): number {
    return this.#end
  }

  append(texts: readonly string[], arrival = Date.now()): void {
    this.#end += this.entries.length % 3 === 0 ? BLOCK_HEADER : 0
    for (const text of texts) {
      const data = Buffer.from(text)
      const sequence = this.#end
      this.#end += 36 + data.length
      this.entries.push({
        sequence,
        next: this.#end,
        partition: sequence % 100,
        type: 't',
        epoch: 0,
        count: 1,
        arrival,
        data,
      })
    }
    publishEnd(this.shared, this.#end)
  }

  readonly reader: LogReader = {
    read: from => {
      const fault = this.faults.shift()
      if (fault !== undefined) throw fault
      for (const view of this.#given) view.fill('?')
      const first = this.entries.findIndex(entry => entry.sequence >= from)
      const entries = first < 0 ? [] : this.entries.slice(first, first + this.readSize)
      const copies = entries.map(entry => ({ ...entry, data: Buffer.from(entry.data) }))
      this.#given = copies.map(({ data }) => data)
      return copies
    },
    wait: async (from, timeoutMs) => {
      if (from < this.#end) return true
      await sleep(Math.min(timeoutMs, 5))
      return from < this.#end
    },
    close() {},
  }
}
