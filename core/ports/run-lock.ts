/** One task of a run, for as long as it may work. */
export type LockTask = {
  /** Run id. */
  readonly run: string
  /** Unique id of this attempt at the task. */
  readonly id: string
  /** When the attempt has ended for certain, ms since 1970. */
  readonly endsBy: number
}

/**
 * One run at a time changes the views. The first task of a machine takes the lock for its run; every other
 * task shows that its run still holds it, so that a task of a run that was given up cannot write beside the
 * next run.
 *
 * @example
 * await lock.take(task, executionArn)
 * try { … } finally { await lock.leave(task) }
 */
export type RunLock = {
  /**
   * Takes the lock for the task's run, or finds that the run has it. A holder that goes on no more is
   * replaced once none of its tasks can be at work.
   *
   * @param execution how the holder is asked for later: the ARN of its execution
   * @throws TributaryError `busy` while another run holds it
   */
  take(task: LockTask, execution: string): Promise<void>
  /**
   * Begins a task of the run that holds the lock. @throws TributaryError `conflict` when another run does, or
   * none
   */
  enter(task: LockTask): Promise<void>
  /** The task writes no more. */
  leave(task: LockTask): Promise<void>
}
