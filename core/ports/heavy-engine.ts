import type { RefiningDialect } from '../sql/dialect.ts'
import type { Query } from '../sql/query.ts'

/**
 * An engine beside the process, for epochs that are larger than what the lake's own engine takes on. It makes
 * rows of what is in the lake, and the lake's own engine stores them, in the form that everything there has.
 *
 * Errors: TributaryError `unavailable` (it ended, or was ended, before it was through; what it has made is
 * gone); `timeout`; `too_large` (its memory); `corrupt_data`; `internal`.
 */
export type HeavyEngine = {
  /** As reports call it. */
  readonly name: string
  readonly dialect: RefiningDialect
  /**
   * Runs statements one after the other and hands over the paths, in the lake, of the Parquet files that have
   * the rows of each. They are gone when `work` is done.
   */
  run<T>(
    statements: readonly Query[],
    work: (results: readonly (readonly string[])[]) => Promise<T>,
  ): Promise<T>
}
