import { dirname } from 'node:path'
import { storageFailed } from '../../files/durable.ts'
import type { LogLedger } from './ledger.ts'
import type { LogSettings } from './options.ts'
import type { Segment } from './segment.ts'
import { type LogShared, publishStart, releasedByAll } from './shared.ts'
import type { LogTail } from './tail.ts'
import type { LogWriter } from './writer.ts'

const EVERY_MS = 500

/** What a log does beside taking records: close epochs, save the ledger, delete old segments. */
export class LogUpkeep {
  readonly #settings: LogSettings
  readonly #shared: LogShared
  readonly #tail: LogTail
  readonly #ledger: LogLedger
  readonly #writer: LogWriter
  readonly #timer: NodeJS.Timeout
  #running: Promise<void> | undefined

  constructor(settings: LogSettings, shared: LogShared, tail: LogTail, ledger: LogLedger, writer: LogWriter) {
    this.#settings = settings
    this.#shared = shared
    this.#tail = tail
    this.#ledger = ledger
    this.#writer = writer
    this.#timer = setInterval(() => this.#tick(), EVERY_MS).unref()
  }

  /** @throws `storage_failed`; what was not done is done next time. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.allSettled([this.#running]) // whoever began the run is told of its failure
  }

  #tick(): void {
    this.run().catch(this.#settings.report)
  }

  async #run(): Promise<void> {
    try {
      await this.#ledger.closeDue(this.#writer)
      // A ledger that is never far behind keeps recovery short and lets segments go in the middle of an
      // epoch.
      if (this.#ledger.coveredTo < this.#tail.segments.at(-1)!.base) await this.#ledger.save()
      await this.#deleteExpired()
    } catch (error) {
      throw storageFailed(`the upkeep of the log in ${this.#settings.dir} failed`, error)
    }
  }

  async #deleteExpired(): Promise<void> {
    const { files, now } = this.#settings
    const { segments } = this.#tail
    const floor = Math.min(releasedByAll(this.#shared), this.#ledger.coveredTo)
    for (const segment of expiredSegments(segments, floor, now(), this.#settings)) {
      publishStart(this.#shared, segment.base + segment.size)
      await files.remove(segment.path)
      segments.shift()
      // Durable one by one: a crash that brought back an older segment than one it took would leave a gap.
      await files.syncFolder(dirname(segment.path))
    }
  }
}

export type RetentionRule = { readonly retentionMs: number; readonly retentionBytes: number }

/**
 * The segments to delete, oldest first: wholly before `floor`, and either older than `retentionMs` at `now`
 * or more than `retentionBytes` from the end of the log. The last segment always stays.
 */
export function expiredSegments(
  segments: readonly Segment[],
  floor: number,
  now: number,
  rule: RetentionRule,
): readonly Segment[] {
  const last = segments.at(-1)
  if (last === undefined) return []
  const end = last.base + last.size
  const kept = segments.findIndex(segment => {
    const old = now - segment.writtenAt >= rule.retentionMs
    const much = end - segment.base > rule.retentionBytes
    return segment === last || segment.base + segment.size > floor || !(old || much)
  })
  return segments.slice(0, kept)
}
