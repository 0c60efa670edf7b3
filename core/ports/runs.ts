import { TributaryError } from '../errors.ts'

/** One execution of a state machine. */
export type Run = {
  readonly id: string
  readonly machine: string
  readonly input: unknown
  /** `stopped`: by whom `stoppedBy` says. `aborted`: by somebody who has not gone through the platform. */
  readonly status: 'running' | 'succeeded' | 'failed' | 'stopped' | 'aborted'
  /**
   * Name of the key that asked for its end. One that is `running` still ends after the state it is in; one
   * that had come to its end before is not `stopped`, and has no such name.
   */
  readonly stoppedBy?: string
  /** ms since 1970. */
  readonly startedAt: number
  readonly endedAt?: number
  /** States in the order they were entered. */
  readonly states: readonly { readonly name: string; readonly enteredAt: number }[]
  /** How often a state was tried again after a failure, by its name; on one machine. */
  readonly retries?: Readonly<Record<string, number>>
  /** What the run did, as its states reported it: counts, epochs, reconciliation. */
  readonly report: Readonly<Record<string, unknown>>
  readonly error?: { readonly name: string; readonly cause: string }
}

/**
 * What is answered to whoever asks for the end of a run that has ended: the run, where it was stopped.
 *
 * @throws TributaryError `conflict` where it ended otherwise
 */
export function stoppedBefore(run: Run): Run {
  if (run.status === 'stopped') return run
  const detail = `run ${run.id} has ended already (${run.status}), and nothing of it is left to stop`
  throw new TributaryError('conflict', detail)
}

/** The record of executions. */
export type Runs = {
  put(run: Run): Promise<void>
  get(id: string): Promise<Run | undefined>
  /**
   * Newest first, those behind `after` in this order. An engine that keeps reports apart leaves them out here
   * (an empty report); `get` has them.
   */
  list(limit: number, after?: RunPlace): Promise<readonly Run[]>
}

/** Where a run stands in the list of all. */
export type RunPlace = Pick<Run, 'id' | 'startedAt'>

/**
 * What the tasks of a run add to its record while it goes on, each by itself and several at a time. Repeating
 * a call with the same arguments changes nothing.
 *
 * @example
 * await journal.entered(run, { name: 'RefineType', enteredAt })
 * await journal.report(run, { epochs: { '20261101T000000Z': { refined: { 'com.example.order': { raw: 3 } } } } })
 */
export type RunJournal = {
  /** Opens the record of a run; one that has been opened stays as it is. */
  open(run: Pick<Run, 'id' | 'machine' | 'startedAt'>): Promise<void>
  /** Notes that a state was entered. */
  entered(id: string, state: Run['states'][number]): Promise<void>
  /** Merges a report into that of the run, object by object; any other value replaces. */
  report(id: string, report: Run['report']): Promise<void>
  /** Writes how the run ended, with its input and states; the report stays as the tasks left it. */
  close(run: Run): Promise<void>
}
