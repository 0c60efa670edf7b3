import { setImmediate as nextTurn } from 'node:timers/promises'
import { TributaryError } from '../../../core/errors.ts'
import type { PutOutcome, StreamRecord } from '../../../core/ports/stream/stream.ts'
import { storageFailed } from '../../files/durable.ts'
import {
  appendToBlock,
  BLOCK_HEADER,
  type Block,
  BlockPool,
  fitsBlock,
  type Pending,
  sealBlock,
} from './block.ts'
import type { LogSettings } from './options.ts'
import { REFUSALS, type Refusal, STORED } from './refusal.ts'
import type { LogTail } from './tail.ts'

/** What the writer asks and tells the rest of the log. */
export type WriterHooks = {
  /** Why a record of this epoch may not enter now; asked once a record. */
  refusal(epoch: number): Refusal | undefined
  /** A block that ends at `end` has become durable; called in order, before any put of it resolves. */
  stored(block: Block, end: number): void
  /** Every block up to `end` has been `stored`. */
  committed(end: number): void
}

type WriterSettings = Pick<LogSettings, 'maxQueueBytes' | 'gatherMs' | 'now' | 'report'>

const REPAIR_AGAIN_MS = 1_000

/** With so much to write the commit itself matters little, and the disk had better begin. */
const GATHER_BYTES = 1 << 16

/**
 * Group commit: records are encoded into blocks as they arrive; while one commit (a write and a sync) is
 * under way further blocks fill; then all of them go out in one.
 *
 * A failed commit refuses its records *and all queued behind them*: storing the later ones would reorder a
 * partition when the earlier ones are sent again.
 */
export class LogWriter {
  readonly #settings: WriterSettings
  readonly #hooks: WriterHooks
  readonly #tail: LogTail
  readonly #pool = new BlockPool()
  /** Full blocks, in order, that no commit has taken. */
  #full: Block[] = []
  #filling: Block = this.#pool.take()
  #writing: readonly Block[] = []
  /** Bytes in `#full` and `#writing`. */
  #queued = 0
  #commits: Promise<void> | undefined
  #faulted = false
  #repairing: Promise<void> | undefined
  #repairAgain: NodeJS.Timeout | undefined

  constructor(settings: WriterSettings, tail: LogTail, hooks: WriterHooks) {
    this.#settings = settings
    this.#tail = tail
    this.#hooks = hooks
  }

  /** True from a failed commit until the log is known to end at its durable end again. */
  get faulted(): boolean {
    return this.#faulted
  }

  /** Bytes accepted but not yet durable. */
  get queuedBytes(): number {
    return this.#queued + this.#filling.end - BLOCK_HEADER
  }

  /**
   * Queues records; resolves when each is durable or refused. From the first refused record on all of the
   * call are refused, which keeps the order of a partition when they are sent again.
   * @throws `too_large` when a record fits no block; then none of the call is queued.
   */
  put(records: readonly StreamRecord[]): Promise<readonly PutOutcome[]> {
    return new Promise(resolve => {
      for (const record of records) if (!fitsBlock(record)) throw tooLarge(record)
      const outcomes: PutOutcome[] = records.map(() => STORED)
      // Counts as one block until all records are queued, so that it can't be answered before.
      const pending: Pending = { outcomes, resolve, open: 1 }
      this.#encode(records, pending)
      settle(pending)
      if (this.#filling.entries > 0) this.#startCommits()
    })
  }

  /** Resolves when everything queued now is durable or refused. */
  flushed(): Promise<void> {
    const last = this.#filling.entries > 0 ? this.#filling : (this.#full.at(-1) ?? this.#writing.at(-1))
    if (last === undefined) return Promise.resolve()
    return new Promise(resolve => {
      last.shares.push({ pending: { outcomes: [], resolve: () => resolve(), open: 1 }, from: 0, to: 0 })
    })
  }

  /** Waits for the commits under way, then closes the file. Nothing may be put afterwards. */
  async close(): Promise<void> {
    await this.#commits
    await this.#repairing
    clearTimeout(this.#repairAgain)
    await this.#tail.close().catch(error => {
      throw storageFailed('the log cannot be closed', error)
    })
  }

  #encode(records: readonly StreamRecord[], pending: Pending): void {
    const arrival = this.#settings.now()
    let from = 0
    for (let index = 0; index < records.length; index += 1) {
      const record = records[index]!
      const refusal = this.#refusal(record.epoch)
      if (refusal !== undefined) {
        pending.outcomes.fill(refusal, index)
        this.#share(pending, from, index)
        return
      }
      if (appendToBlock(this.#filling, record, arrival)) continue
      this.#share(pending, from, index)
      from = index
      this.#nextBlock()
      appendToBlock(this.#filling, record, arrival)
    }
    this.#share(pending, from, records.length)
  }

  #refusal(epoch: number): Refusal | undefined {
    if (this.#faulted) return REFUSALS.storageFailed
    if (this.queuedBytes > this.#settings.maxQueueBytes) return REFUSALS.queueFull
    return this.#hooks.refusal(epoch)
  }

  #share(pending: Pending, from: number, to: number): void {
    if (from === to) return
    pending.open += 1
    this.#filling.shares.push({ pending, from, to })
  }

  #nextBlock(): void {
    this.#full.push(this.#filling)
    this.#queued += this.#filling.end
    this.#filling = this.#pool.take()
  }

  #startCommits(): void {
    this.#commits ??= this.#commitAll()
  }

  async #commitAll(): Promise<void> {
    do {
      await this.#gather()
      await this.#commit()
    } while (this.#full.length > 0 || this.#filling.entries > 0)
    this.#commits = undefined
  }

  /**
   * Waits as long as each turn of the event loop brings further puts, but not for long: small requests that
   * arrive together share a commit, which costs more processor time than they do.
   */
  async #gather(): Promise<void> {
    const until = performance.now() + this.#settings.gatherMs
    await nextTurn()
    let before = 0
    while (this.queuedBytes > before && this.queuedBytes < GATHER_BYTES && performance.now() < until) {
      before = this.queuedBytes
      await nextTurn()
    }
  }

  async #commit(): Promise<void> {
    this.#takeQueue()
    const durable = this.#tail.end
    try {
      await this.#tail.append(sealBlocks(this.#writing, durable), blockBytes(this.#writing))
    } catch (error) {
      await this.#fail(storageFailed('a commit to the log failed', error))
      return
    }
    let end = durable
    for (const block of this.#writing) {
      end += block.end
      this.#hooks.stored(block, end)
    }
    this.#hooks.committed(end)
    this.#answer(this.#writing)
  }

  #takeQueue(): void {
    if (this.#filling.entries > 0) this.#nextBlock()
    this.#writing = this.#full
    this.#full = []
  }

  async #fail(error: TributaryError): Promise<void> {
    this.#faulted = true
    this.#settings.report(error)
    this.#refuse(this.#writing)
    this.#takeQueue()
    this.#refuse(this.#writing)
    await this.#repair()
  }

  #refuse(blocks: readonly Block[]): void {
    for (const { shares } of blocks) {
      for (const { pending, from, to } of shares) pending.outcomes.fill(REFUSALS.storageFailed, from, to)
    }
    this.#answer(blocks)
  }

  async #repair(): Promise<void> {
    try {
      await this.#tail.repair()
      this.#faulted = false
    } catch (error) {
      this.#settings.report(
        storageFailed('the log cannot go back to its durable end and refuses puts', error),
      )
      this.#repairAgain = setTimeout(() => {
        this.#repairing = this.#repair()
      }, REPAIR_AGAIN_MS).unref()
    }
  }

  #answer(blocks: readonly Block[]): void {
    this.#writing = []
    for (const block of blocks) {
      this.#queued -= block.end
      for (const { pending } of block.shares) settle(pending)
      this.#pool.giveBack(block)
    }
  }
}

function sealBlocks(blocks: readonly Block[], durable: number): Buffer[] {
  let lsn = durable
  return blocks.map(block => {
    const bytes = sealBlock(block, lsn, durable)
    lsn += bytes.length
    return bytes
  })
}

function blockBytes(blocks: readonly Block[]): number {
  return blocks.reduce((bytes, block) => bytes + block.end, 0)
}

function settle(pending: Pending): void {
  pending.open -= 1
  if (pending.open === 0) pending.resolve(pending.outcomes)
}

function tooLarge(record: StreamRecord): TributaryError {
  return new TributaryError(
    'too_large',
    `a record of ${record.data.length} characters fits no block of the log`,
  )
}
