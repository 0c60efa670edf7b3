/** One metric or event type whose numbers wait, while those of all others go on. */
export type Hold = {
  /** What is held, as its boundary is called: the id of a metric, or the tally of an event type. */
  readonly id: string
  /** `append`: its boundary stays before `epoch`. `recompute`: a backfill of `epoch` is not shown. */
  readonly mode: 'append' | 'recompute'
  /** Start of the epoch that could not be published, ms since 1970. */
  readonly epoch: number
  /** The run that found it so last. */
  readonly run: string
  /** When it was found first, ms since 1970. */
  readonly since: number
  /** Why: a code of core/errors.ts, and what it says. */
  readonly code: string
  readonly detail: string
  /** Keys on which the layers differ, shortened: the first of them. */
  readonly keys: readonly string[]
}

/**
 * What is held, with its reason: at most one entry an id and mode, so the list is as short as the pipeline.
 * Entries last until they are released, whatever process wrote them.
 *
 * Errors: TributaryError `storage_failed`, and of the store.
 */
export type Holds = {
  list(): Promise<readonly Hold[]>
  /** Puts an entry in the place of the one with its id and mode; resolves once that is durable. */
  put(hold: Hold): Promise<void>
  /** Removes an entry; where there is none, nothing happens. */
  release(id: string, mode: Hold['mode']): Promise<void>
}
