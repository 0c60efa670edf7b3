import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { TributaryError } from '../../core/errors.ts'
import { storageFailed } from '../../drivers/files/durable.ts'
import { writeState } from '../../drivers/raw/delivery-state.ts'
import { HourFiles } from '../../drivers/raw/hour-files.ts'
import { BLOCK_BYTES } from '../../drivers/stream/log/block.ts'
import { advance, committedEnd, failConsumer, release } from '../../drivers/stream/log/shared.ts'
import { endsWithin } from '../deadline.ts'
import { backoffMs, pauseFor } from './backoff.ts'
import type { RawDeliveryStats } from './raw-delivery.ts'
import type { RawDeliverySettings } from './raw-delivery-options.ts'
import { restoreDelivery } from './raw-restore.ts'

const IDLE_POLL_MS = 200
const DRAIN_POLL_MS = 2

/** The loop behind raw delivery: see `startRawDelivery`. */
export class LogToLake {
  readonly #settings: RawDeliverySettings
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  #files: HourFiles | undefined
  /** Where to read on. */
  #next = 0
  /** What the state file says. */
  #committed = 0
  #committedAt = 0
  #uncommittedRecords = 0
  /** Failures since the last commit. */
  #failuresInRow = 0
  #failed = false
  #lastError: TributaryError | undefined
  #counts = { records: 0, commits: 0, failures: 0 }

  constructor(settings: RawDeliverySettings) {
    this.#settings = settings
    this.#ended = this.#run()
  }

  get position(): number {
    return this.#committed
  }

  async drain(timeoutMs: number): Promise<boolean> {
    const end = committedEnd(this.#settings.shared)
    const until = performance.now() + timeoutMs
    while (this.#committed < end && performance.now() < until && !this.#over) await sleep(DRAIN_POLL_MS)
    return this.#committed >= end
  }

  stop(timeoutMs: number): Promise<boolean> {
    this.#stopping.abort()
    return endsWithin(this.#ended, timeoutMs)
  }

  stats(): RawDeliveryStats {
    return { state: this.#state, ...this.#counts, lastError: this.#lastError }
  }

  get #over(): boolean {
    return this.#stopping.signal.aborted || this.#failed
  }

  get #state(): RawDeliveryStats['state'] {
    if (this.#failed) return 'failed'
    if (this.#stopping.signal.aborted) return 'stopped'
    return this.#failuresInRow > 0 ? 'retrying' : 'running'
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      try {
        this.#files = await this.#restore()
        await this.#deliver(this.#files)
      } catch (error) {
        await this.#outage(storageFailed(`raw delivery to ${this.#settings.lake} failed`, error))
      }
      await this.#close()
    }
  }

  async #restore(): Promise<HourFiles> {
    const { lake, files, rotateBytes, maxOpenFiles } = this.#settings
    const { position, restored } = await restoreDelivery(this.#settings)
    this.#next = position
    this.#uncommittedRecords = 0
    this.#committedTo(position)
    return new HourFiles({ lake, files, rotateBytes, maxOpen: maxOpenFiles }, restored)
  }

  async #deliver(files: HourFiles): Promise<void> {
    while (!this.#over) {
      await this.#turn(files)
      // The speed layer and the queries share this thread.
      await nextTurn()
    }
    await this.#commit(files)
  }

  async #turn(files: HourFiles): Promise<void> {
    const { maxUnsyncedBytes, commitIntervalMs } = this.#settings
    if (!this.#take(files)) return this.#atEnd(files)
    // A turn of this thread comes seldom while the speed layer is busy, so it is used well.
    while (!files.full && this.#take(files));
    if (files.full) await files.flush()
    const due = performance.now() - this.#committedAt >= commitIntervalMs
    if (due || files.unsyncedBytes >= maxUnsyncedBytes) await this.#commit(files)
  }

  /** Reads on by one block; false at the end of the log. */
  #take(files: HourFiles): boolean {
    const entries = this.#settings.reader.read(this.#next, BLOCK_BYTES)
    if (entries.length === 0) return false
    files.append(entries)
    this.#next = entries.at(-1)!.next
    this.#uncommittedRecords += entries.length
    return true
  }

  async #atEnd(files: HourFiles): Promise<void> {
    const { reader, idleMs, gatherMs, endUnusedMs } = this.#settings
    const uncommitted = this.#next !== this.#committed
    if (await reader.wait(this.#next, uncommitted ? idleMs : IDLE_POLL_MS)) {
      await pauseFor(gatherMs, this.#stopping.signal)
      return
    }
    if (uncommitted) await this.#commit(files)
    else if (await files.endUnused(performance.now() - endUnusedMs)) await this.#record(files)
  }

  async #commit(files: HourFiles): Promise<void> {
    if (this.#next === this.#committed) return
    await files.sync()
    await files.endUnused(performance.now() - this.#settings.endUnusedMs)
    await this.#record(files)
    this.#counts.records += this.#uncommittedRecords
    this.#uncommittedRecords = 0
    this.#failuresInRow = 0
    this.#lastError = undefined
  }

  async #record(files: HourFiles): Promise<void> {
    const state = { position: this.#next, open: files.open() }
    await writeState(this.#settings.files, this.#settings.statePath, state)
    this.#counts.commits += 1
    this.#committedTo(this.#next)
  }

  #committedTo(lsn: number): void {
    const { shared } = this.#settings
    this.#committed = lsn
    this.#committedAt = performance.now()
    advance(shared, 'raw', lsn)
    release(shared, 'raw', lsn)
  }

  async #outage(error: TributaryError): Promise<void> {
    this.#counts.failures += 1
    this.#failuresInRow += 1
    this.#lastError = error
    this.#failed = !error.retryable
    if (this.#failed) failConsumer(this.#settings.shared)
    this.#settings.report(error)
    if (error.retryable) {
      await pauseFor(backoffMs(this.#settings.backoff, this.#failuresInRow - 1), this.#stopping.signal)
    }
  }

  async #close(): Promise<void> {
    const files = this.#files
    this.#files = undefined
    await files
      ?.close()
      .catch(error => this.#settings.report(storageFailed('a raw file was not closed', error)))
  }
}
