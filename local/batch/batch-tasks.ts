import { setTimeout as pause } from 'node:timers/promises'
import type { Remembered } from '../../core/declare/changes/remembered.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import type { CountedSince } from '../../core/ports/counted-since.ts'
import type { Hold } from '../../core/ports/holds.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { SpeedControl } from '../../core/ports/stream/speed-control.ts'
import type { RealTimeViews } from '../../core/ports/views.ts'
import type { BatchEngines } from '../../drivers/compose/embedded.ts'
import { TASKS } from '../../functions/batch/table-of-tasks.ts'
import * as tasks from '../../functions/batch/tasks.ts'
import { heldFailure } from '../../steps/batch/held.ts'
import type { CountRejected } from '../../steps/batch/reconcile/count-rejected.ts'
import { differencesOf } from '../../steps/batch/reconcile/differences.ts'
import type { Reconciliation } from '../../steps/batch/reconcile/reconcile.ts'
import type { Ingest } from '../../steps/ingest.ts'
import type { ReplayPorts } from '../../steps/replay/replay.ts'
import type { Behind } from '../../steps/warehouse/load-turn.ts'
import type { TaskHandlers } from './task-handlers.ts'

export type BatchTaskParts = Omit<BatchEngines, 'close' | 'runs' | 'warehouseState' | 'ahead' | 'asked'> & {
  readonly pipeline: Pipeline
  readonly ledger: Ledger
  readonly speed: Pick<RealTimeViews, 'epoch' | 'drop' | 'write'>
  readonly control: SpeedControl
  readonly countedSince: CountedSince
  readonly wholeFiles: ReplayPorts['wholeFiles']
  readonly ingest: Ingest
  readonly countRejected: CountRejected
  readonly epochLength: number
  readonly dedupeHorizon: number
  readonly now: () => number
  /** Runs work while no epoch is refined ahead. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
  readonly report: (failure: TributaryError) => void
  /** What stored events were declared as. */
  readonly remembered: Remembered
  /** Told what the warehouse lacks, after each look. */
  readonly onLoaded: (behind: Behind) => void
  /** Told which open tables are behind, after each look. */
  readonly onTables: (behind: Behind) => void
}

/** The functions that state machines name, by the token of their `FunctionName`. */
export function batchTasks(parts: BatchTaskParts): TaskHandlers {
  const ports = {
    ...parts,
    horizon: parts.dedupeHorizon,
    pause,
    keepsHistory: true,
    // The embedded warehouse makes its roles when it starts.
    makeRoles: undefined,
    exportRows: parts.warehouse?.texts ?? (false as const),
    onHeld: (held: Hold, isNew: boolean) => {
      if (isNew) parts.report(heldFailure(parts.pipeline, held))
    },
    onMismatch: (reconciliation: Reconciliation) =>
      parts.report(
        new TributaryError(
          'reconciliation_mismatch',
          `the layers disagree about an epoch; the report of its run has the keys: ${JSON.stringify(differencesOf(reconciliation)).slice(0, 2000)}`,
        ),
      ),
  }
  const names = Object.keys(TASKS) as (keyof typeof TASKS)[]
  const create: Pick<typeof tasks, keyof typeof TASKS> = tasks
  const handlers = Object.fromEntries(names.map(name => [tokenOf(name), create[name](ports)]))
  const refine = create.refine(ports)
  return { ...handlers, [tokenOf('refine')]: payload => parts.alone(async () => refine(payload)) }
}

/** The token by which a state machine names a function: `${PlanFunctionArn}`. */
function tokenOf(name: string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}FunctionArn`
}
