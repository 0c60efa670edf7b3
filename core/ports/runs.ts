/** One execution of a state machine. */
export type Run = {
  readonly id: string
  readonly machine: string
  readonly input: unknown
  readonly status: 'running' | 'succeeded' | 'failed' | 'aborted'
  /** ms since 1970. */
  readonly startedAt: number
  readonly endedAt?: number
  /** States in the order they were entered. */
  readonly states: readonly { readonly name: string; readonly enteredAt: number }[]
  /** What the run did, as its states reported it: counts, epochs, reconciliation. */
  readonly report: Readonly<Record<string, unknown>>
  readonly error?: { readonly name: string; readonly cause: string }
}

/** The record of executions. */
export type Runs = {
  put(run: Run): Promise<void>
  get(id: string): Promise<Run | undefined>
  /** Newest first. */
  list(limit: number): Promise<readonly Run[]>
}
