import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { TributaryError, toTributaryError } from '../../core/errors.ts'
import type { Failure } from '../../core/ports/dead-letters.ts'
import { committedEnd, failConsumer } from '../../drivers/stream/log/shared.ts'
import { endsWithin, within } from '../deadline.ts'
import { backoffMs, pauseFor } from './backoff.ts'
import { EntryCursor } from './entry-cursor.ts'
import { Gate } from './gate.ts'
import type { PumpStats } from './pump.ts'
import { ask } from './pump-answer.ts'
import { type Batch, fillBatch, newBatch, wholeRecords } from './pump-batch.ts'
import type { PumpSettings } from './pump-options.ts'
import { type Assignment, planAfterFailure } from './pump-plan.ts'

const IDLE_MS = 200
const DRAIN_POLL_MS = 2

/** The loop behind a pump: see `startPump`. */
export class EventSourceMapping {
  readonly #settings: PumpSettings
  readonly #cursor: EntryCursor
  readonly #gate = new Gate()
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  /**
   * What failed deliveries left to do, before anything new. At most one for each time a batch can be halved.
   */
  #pending: readonly Assignment[] = []
  #position: number
  #calling: Promise<void> | undefined
  #failures = 0
  #failed = false
  #lastError: TributaryError | undefined
  #counts = { batches: 0, records: 0, retries: 0, dead: 0 }

  constructor(settings: PumpSettings) {
    this.#settings = settings
    this.#cursor = new EntryCursor(settings.reader, settings.from, settings.isWanted)
    this.#position = settings.from
    settings.onPosition(settings.from)
    this.#ended = this.#run()
  }

  get position(): number {
    return this.#position
  }

  async pause(): Promise<void> {
    this.#gate.close()
    await this.#calling?.catch(() => {}) // Whoever made the call reports it.
  }

  resume(): void {
    this.#gate.release()
  }

  async drain(timeoutMs: number): Promise<boolean> {
    const end = committedEnd(this.#settings.shared)
    const until = performance.now() + timeoutMs
    while (this.#position < end && performance.now() < until && !this.#over) await sleep(DRAIN_POLL_MS)
    return this.#position >= end
  }

  stop(timeoutMs: number): Promise<boolean> {
    this.#stopping.abort()
    this.#gate.release()
    return endsWithin(this.#ended, timeoutMs)
  }

  stats(): PumpStats {
    return { state: this.#state, ...this.#counts, lastError: this.#lastError }
  }

  get #over(): boolean {
    return this.#stopping.signal.aborted || this.#failed
  }

  get #state(): PumpStats['state'] {
    if (this.#failed) return 'failed'
    if (this.#stopping.signal.aborted) return 'stopped'
    return this.#gate.open ? 'running' : 'paused'
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      try {
        await this.#turn()
      } catch (error) {
        await this.#outage(toTributaryError(error))
      }
      // Queries posted to this thread are answered between two batches.
      await nextTurn()
    }
  }

  async #turn(): Promise<void> {
    const assignment = this.#pending[0] ?? this.#fresh()
    const batch = await this.#gather(assignment)
    if (batch.sequences.length === 0) {
      // There was nothing that is wanted.
      if (batch.end > this.#position) this.#moveTo(batch.end)
      await this.#settings.reader.wait(batch.end, IDLE_MS)
      return
    }
    await this.#gate.passed()
    if (this.#over) return
    const unwanted = batch.expired || assignment.givenUp !== undefined
    this.#calling = unwanted ? this.#giveUp(assignment, batch) : this.#deliver(assignment, batch)
    await this.#calling
    const next = this.#pending[0]
    if (this.#failures > 0 && next?.givenUp === undefined) await this.#backOff(next?.retries ?? 0)
  }

  #fresh(): Assignment {
    const { batchSize } = this.#settings
    return { from: this.#position, records: batchSize, retries: 0, deliveries: 0, givenUp: undefined }
  }

  async #gather(assignment: Assignment): Promise<Batch> {
    const { reader, now, batchBytes, batchWindowMs, maxRecordAgeMs } = this.#settings
    const limits = { records: assignment.records, bytes: batchBytes, oldest: now() - maxRecordAgeMs }
    const batch = newBatch(assignment.from)
    const until = performance.now() + batchWindowMs
    this.#cursor.seek(assignment.from)
    while (!fillBatch(this.#cursor, batch, limits)) {
      const left = until - performance.now()
      if (left <= 0 || batch.sequences.length === 0 || this.#over) break
      await reader.wait(this.#cursor.at, Math.min(left, IDLE_MS))
    }
    return batch
  }

  async #deliver(assignment: Assignment, batch: Batch): Promise<void> {
    const { handler, timeoutMs } = this.#settings
    this.#counts.batches += 1
    if (assignment.deliveries > 0) this.#counts.retries += 1
    // A handler owns what it is given: a redelivery is decoded anew.
    const answer = await ask(handler, batch.records, batch.sequences, timeoutMs)
    if (answer.kind === 'failed') {
      this.#plan(assignment, batch, answer.index, answer.error)
      return
    }
    this.#counts.records += batch.sequences.length
    this.#finish(assignment, batch)
  }

  #plan(assignment: Assignment, batch: Batch, index: number, error: TributaryError): void {
    this.#failing(error)
    const again = planAfterFailure(assignment, batch.sequences, index, error.message, this.#settings)
    this.#counts.records += index
    this.#pending = [...again, ...this.#pending.slice(1)]
    this.#moveTo(again[0].from)
  }

  /**
   * Hands a batch to the on-failure destination. Until that has it, the position stays: no record is skipped.
   */
  async #giveUp(assignment: Assignment, batch: Batch): Promise<void> {
    const { onFailure, consumer, timeoutMs, maxRecordAgeMs } = this.#settings
    const { deliveries, givenUp } = assignment
    const failure: Failure = batch.expired
      ? { consumer, reason: 'record_too_old', detail: `older than ${maxRecordAgeMs} ms`, deliveries }
      : { consumer, reason: 'retries_exhausted', detail: givenUp ?? '', deliveries }
    const put = () => onFailure(wholeRecords(batch), failure)
    try {
      await within(timeoutMs, 'the on-failure destination', put())
    } catch (cause) {
      const detail = `the on-failure destination does not take records: ${toTributaryError(cause).message}`
      throw new TributaryError('unavailable', detail, { cause })
    }
    this.#counts.dead += batch.sequences.length
    this.#finish(assignment, batch)
  }

  /** The records of a batch, the first of an assignment, are done. */
  #finish(assignment: Assignment, batch: Batch): void {
    this.#failures = 0
    this.#lastError = undefined
    this.#moveTo(batch.end)
    if (this.#pending.length === 0) return
    const left = assignment.records - batch.sequences.length
    const rest = left > 0 ? [{ ...assignment, from: batch.end, records: left }] : []
    this.#pending = [...rest, ...this.#pending.slice(1)]
  }

  #moveTo(lsn: number): void {
    this.#position = lsn
    this.#settings.onPosition(lsn)
  }

  #failing(error: TributaryError): void {
    this.#failures += 1
    this.#lastError = error
    this.#settings.report(error)
  }

  async #outage(error: TributaryError): Promise<void> {
    this.#failing(error)
    this.#failed = !error.retryable
    if (this.#failed) failConsumer(this.#settings.shared)
    if (error.retryable) await this.#backOff(this.#failures - 1)
  }

  #backOff(failures: number): Promise<void> {
    return pauseFor(backoffMs(this.#settings.backoff, failures), this.#stopping.signal)
  }
}
