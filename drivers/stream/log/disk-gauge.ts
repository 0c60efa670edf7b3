import { storageFailed } from '../../files/durable.ts'
import type { LogSettings } from './options.ts'
import { REFUSALS, type Refusal } from './refusal.ts'

const CHECK_EVERY_MS = 1_000

type GaugeSettings = Pick<LogSettings, 'dir' | 'minFreeBytes' | 'files' | 'report'>

/** Knows whether the disk has room, from a look at most once a second that nobody waits for. */
export class DiskGauge {
  readonly #settings: GaugeSettings
  #refusal: Refusal | undefined
  #checkedAt = 0

  constructor(settings: GaugeSettings) {
    this.#settings = settings
  }

  /** Why nothing may be written now, as of the last look. Starts the next look when it is due. */
  refusal(): Refusal | undefined {
    if (performance.now() - this.#checkedAt >= CHECK_EVERY_MS) void this.check()
    return this.#refusal
  }

  /** Looks now. Does not reject: a look that fails refuses until one succeeds, and is reported. */
  async check(): Promise<void> {
    const { files, dir, minFreeBytes, report } = this.#settings
    this.#checkedAt = performance.now()
    try {
      const free = await files.freeBytes(dir)
      this.#refusal = free < minFreeBytes ? REFUSALS.diskFull : undefined
    } catch (error) {
      this.#refusal = REFUSALS.storageFailed
      report(storageFailed(`the free space of ${dir} cannot be read`, error))
    }
  }
}
