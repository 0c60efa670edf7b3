import { storageFailed } from '../../files/durable.ts'
import type { LogSettings } from './options.ts'
import { REFUSALS, type Refusal } from './refusal.ts'

const CHECK_EVERY_MS = 1_000

type GaugeSettings = Pick<LogSettings, 'dir' | 'minFreeBytes' | 'files' | 'report'>

/**
 * Knows whether the disk has room, from a look every second that nobody waits for. It looks whether or not
 * anybody asks: after a quiet hour the first answer must not rest on what the disk was an hour ago.
 */
export class DiskGauge {
  readonly #settings: GaugeSettings
  #refusal: Refusal | undefined
  #looks: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined

  constructor(settings: GaugeSettings) {
    this.#settings = settings
  }

  /** Why nothing may be written now, as of the last look. */
  refusal(): Refusal | undefined {
    return this.#refusal
  }

  /**
   * Looks now, and then every second until `close`. Does not reject: a look that fails refuses until one
   * succeeds, and is reported.
   */
  check(): Promise<void> {
    this.#looks ??= setInterval(() => void this.check(), CHECK_EVERY_MS).unref()
    // A file system that hangs gets one question at a time.
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  close(): void {
    clearInterval(this.#looks)
  }

  async #look(): Promise<void> {
    const { files, dir, minFreeBytes, report } = this.#settings
    try {
      const free = await files.freeBytes(dir)
      this.#refusal = free < minFreeBytes ? REFUSALS.diskFull : undefined
    } catch (error) {
      this.#refusal = REFUSALS.storageFailed
      report(storageFailed(`the free space of ${dir} cannot be read`, error))
    }
  }
}
