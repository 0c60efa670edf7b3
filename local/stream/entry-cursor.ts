import { BLOCK_BYTES } from '../../drivers/stream/log/block.ts'
import type { LogEntry } from '../../drivers/stream/log/entry.ts'
import type { LogReader } from '../../drivers/stream/log/reader.ts'

/**
 * Walks a log entry by entry. What one read gave is used up before the next read, so the log is read and
 * verified once, however small the batches are.
 */
export class EntryCursor {
  readonly #reader: LogReader
  readonly #isWanted: (entry: LogEntry) => boolean
  #entries: readonly LogEntry[] = []
  #index = 0
  #at: number

  /** Entries that are not wanted are stepped over. */
  constructor(reader: LogReader, from: number, isWanted: (entry: LogEntry) => boolean = () => true) {
    this.#reader = reader
    this.#isWanted = isWanted
    this.#at = from
  }

  /** Where the entry that comes next begins, or will begin. */
  get at(): number {
    return this.#at
  }

  /** Goes to a place: the `sequence` or `next` of an entry. */
  seek(lsn: number): void {
    if (lsn === this.#at) return
    this.#at = lsn
    this.#entries = []
    this.#index = 0
  }

  /**
   * The entry at the cursor; undefined at the end of the log. Its data is valid until `peek` reads again:
   * copy it. Then `at` is where it begins, or the end of the log: all before it was given or is not wanted.
   * @throws what the reader throws.
   */
  peek(): LogEntry | undefined {
    for (;;) {
      if (this.#index === this.#entries.length) {
        this.#entries = []
        this.#index = 0
        this.#entries = this.#reader.read(this.#at, BLOCK_BYTES)
      }
      const entry = this.#entries[this.#index]
      if (entry === undefined || this.#isWanted(entry)) return entry
      this.advance()
    }
  }

  /** Steps over the entry that `peek` gave. */
  advance(): void {
    const entry = this.#entries[this.#index]
    if (entry === undefined) return
    this.#at = entry.next
    this.#index += 1
  }
}
