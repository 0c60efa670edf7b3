import type { RefiningDialect } from '../sql/dialect.ts'
import type { Query } from '../sql/query.ts'
import type { MadeForms } from '../sql/whole-epoch/as-stored.ts'
import type { LakeLimits } from './lake-engine.ts'

/**
 * An engine beside the process, for epochs that are larger than what the lake's own engine takes on. It makes
 * rows of what is in the lake, and the lake's own engine stores them, in the form that everything there has.
 *
 * Errors: TributaryError `unavailable` (it ended, or was ended, before it was through; what it has made is
 * gone); `timeout`; `too_large` (its memory); `corrupt_data`; `storage_failed`; `internal`.
 */
export type HeavyEngine = {
  /** As reports call it. */
  readonly name: string
  readonly dialect: RefiningDialect
  /** What is larger is the next engine's. */
  readonly limits: LakeLimits
  /** What the rows it makes have otherwise than the lake. */
  readonly forms: MadeForms
  /**
   * Runs statements one after the other and hands over the paths, in the lake, of the Parquet files that have
   * the rows of each; none of a statement without rows. They are gone when `work` is done.
   */
  run<T>(
    statements: readonly Query[],
    work: (results: readonly (readonly string[])[]) => Promise<T>,
  ): Promise<T>
}
