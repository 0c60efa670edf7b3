/**
 * What a function may do besides writing its own log and traces: deploy/generate/grants.ts says what a right
 * is in IAM.
 */
export type Right =
  | ('takeIn' | 'keepRejected' | 'listRejected' | 'replayRejected' | 'readKeys' | 'manageKeys' | 'countUse')
  | 'readPartitioning'
  | ('readViews' | 'readBoundaries' | 'readRuns' | 'startRuns' | 'stopRuns')
  | ('applyRecords' | 'pauseSpeed' | 'splitArrivals' | 'tellDelivery' | 'takeInbox' | 'writeDeliveries')
  | ('restoreRaw' | 'task' | 'batchStep' | 'removeOld' | 'dropItems' | 'makeRoles')
  | ('loadTables' | 'keepCatalog')

/** A function of AWS Lambda. */
export type LambdaFunction = {
  readonly description: string
  /** MB; CPU comes with it, 1,769 MB is one whole vCPU. `duckdb`: the parameter of that name. */
  readonly memory: number | 'duckdb'
  /** Time limit, s. */
  readonly timeout: number
  readonly layers: readonly ('contracts' | 'duckdb')[]
  readonly may: readonly Right[]
  /** Whether it copies objects to its disk, and gets the largest: 10,240 MB, of which 512 are free. */
  readonly hasDisk?: boolean
  /** Resources whose `Ref` it is told: logical ids by the variable's name. */
  readonly environment?: Readonly<Record<string, string>>
}

/** A function that answers routes: `createHandler` of `functions/<name>.ts`. */
export type HttpFunction = LambdaFunction & {
  /** What its handler is given: exports of functions/compose/parts.ts. */
  readonly parts: readonly string[]
}

/** A function that a state machine calls: an export of functions/batch/tasks.ts. */
export type TaskFunction = LambdaFunction & {
  /** File of functions/compose that gives it its ports. */
  readonly compose: 'batch' | 'inbox' | 'roles' | 'warehouse'
  /** Further exports of that file that it is given. */
  readonly parts: readonly string[]
  /** Its name among the tasks, where AWS has another one for it than one machine. */
  readonly task?: string
}
