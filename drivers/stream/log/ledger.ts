import type { EpochLedger, Ledger } from '../../../core/ports/ledger.ts'
import { storageFailed } from '../../files/durable.ts'
import type { Block } from './block.ts'
import { addToEpochs, lastEpochOver, pruneEpochs } from './epochs.ts'
import { type EpochCounts, ledgerPath, ledgerText } from './ledger-file.ts'
import type { LogSettings } from './options.ts'
import type { Recovered } from './recovery.ts'
import { type LogShared, position } from './shared.ts'

/** What closing an epoch needs to know of the writer. */
export type Queue = {
  readonly faulted: boolean
  flushed(): Promise<void>
}

type LedgerSettings = Pick<
  LogSettings,
  'dir' | 'epochLength' | 'closeGraceMs' | 'keepEpochs' | 'now' | 'files'
>

/**
 * The log's own count of what it acknowledged, and the line between closed and open epochs.
 *
 * An epoch is closed in three steps, so that it can never be opened again: it is *sealed* (no put may carry
 * it any more), the queue is flushed (what carried it is durable or refused), and the fact is made durable.
 * Only then does anyone see it as closed.
 */
export class LogLedger {
  readonly #settings: LedgerSettings
  readonly #shared: LogShared
  readonly #epochs: Map<number, EpochCounts>
  #lsn: number
  #latestArrival: number
  #sealedThrough: number
  #closedThrough: number
  #coveredTo: number
  #saving: Promise<void> = Promise.resolve()

  constructor(settings: LedgerSettings, shared: LogShared, { ledger, coveredTo }: Recovered) {
    this.#settings = settings
    this.#shared = shared
    this.#epochs = ledger.epochs
    this.#lsn = ledger.lsn
    this.#latestArrival = ledger.latestArrival
    this.#sealedThrough = ledger.closedThrough
    this.#closedThrough = ledger.closedThrough
    this.#coveredTo = coveredTo
  }

  /** The ledger file counts the log up to here: what lies before is not needed to rebuild it. */
  get coveredTo(): number {
    return this.#coveredTo
  }

  /**
   * A clock that stamps events may not show less, ms: the largest arrival, or the end of the last closed
   * epoch.
   */
  get clockFloor(): number {
    return Math.max(this.#latestArrival, this.#closedThrough + this.#settings.epochLength)
  }

  /** True when no further put may carry the epoch. */
  isSealed(epoch: number): boolean {
    return epoch <= this.#sealedThrough
  }

  /** Seals every epoch whose time and grace are over. */
  seal(now: number): void {
    const { epochLength, closeGraceMs } = this.#settings
    this.#sealedThrough = Math.max(this.#sealedThrough, lastEpochOver(now, epochLength, closeGraceMs))
  }

  /** Counts a durable block that ends at `end`. */
  add({ tally, latestArrival }: Pick<Block, 'tally' | 'latestArrival'>, end: number): void {
    addToEpochs(this.#epochs, tally, end)
    this.#lsn = end
    this.#latestArrival = Math.max(this.#latestArrival, latestArrival)
  }

  /**
   * Closes the epochs that are over. While a commit can't be undone none is closed: it may yet turn up on
   * disk.
   */
  async closeDue(queue: Queue): Promise<void> {
    this.seal(this.#settings.now())
    const sealed = this.#sealedThrough
    if (sealed <= this.#closedThrough) return
    await queue.flushed()
    if (!queue.faulted && sealed > this.#closedThrough) await this.save(sealed)
  }

  /**
   * Makes the counts and the closed epochs durable, one save after the other.
   * @throws `storage_failed`; everything is then as before.
   */
  save(closedThrough: number = this.#closedThrough): Promise<void> {
    const saved = this.#saving.then(() => this.#save(Math.max(closedThrough, this.#closedThrough)))
    this.#saving = saved.catch(() => undefined) // the caller has the error; the next save must run all the same
    return saved
  }

  /** The port. Answers `closed` as of now, so both calls first close what is due. */
  port(queue: Queue): Ledger {
    return {
      epochs: async after => {
        await this.closeDue(queue)
        const wanted = [...this.#epochs.keys()].filter(epoch => after === undefined || epoch > after)
        return wanted.sort((a, b) => a - b).map(epoch => this.#entry(epoch))
      },
      epoch: async epoch => {
        await this.closeDue(queue)
        return this.#entry(epoch)
      },
    }
  }

  #entry(epoch: number): EpochLedger {
    const counts = this.#epochs.get(epoch)
    const closed = epoch <= this.#closedThrough
    const end = counts?.end ?? 0
    return {
      epoch,
      accepted: Object.fromEntries(counts?.accepted ?? []),
      counts: 'exact',
      closed,
      rawComplete: closed && position(this.#shared, 'raw') >= end,
      short: {},
      speedComplete: closed && position(this.#shared, 'speed') >= end,
    }
  }

  async #save(closedThrough: number): Promise<void> {
    const { dir, epochLength, keepEpochs, files } = this.#settings
    pruneEpochs(this.#epochs, keepEpochs)
    const lsn = this.#lsn
    const text = ledgerText({
      epochLength,
      closedThrough,
      lsn,
      latestArrival: this.#latestArrival,
      epochs: this.#epochs,
    })
    await files.replace(ledgerPath(dir), text).catch(error => {
      throw storageFailed(`the ledger of ${dir} cannot be saved`, error)
    })
    this.#coveredTo = lsn
    this.#closedThrough = Math.max(this.#closedThrough, closedThrough)
  }
}
