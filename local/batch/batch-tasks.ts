import { setTimeout as pause } from 'node:timers/promises'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { SpeedControl } from '../../core/ports/speed-control.ts'
import type { RealTimeViews } from '../../core/ports/views.ts'
import type { BatchEngines } from '../../drivers/compose/embedded.ts'
import * as aggregate from '../../functions/batch/aggregate.ts'
import * as awaitRaw from '../../functions/batch/await-raw.ts'
import * as commit from '../../functions/batch/commit.ts'
import * as deliver from '../../functions/batch/deliver.ts'
import * as fileIngest from '../../functions/batch/file-ingest.ts'
import * as loadWarehouse from '../../functions/batch/load-warehouse.ts'
import * as plan from '../../functions/batch/plan.ts'
import * as planBackfill from '../../functions/batch/plan-backfill.ts'
import * as publish from '../../functions/batch/publish.ts'
import * as reconcile from '../../functions/batch/reconcile.ts'
import * as refine from '../../functions/batch/refine.ts'
import * as replay from '../../functions/batch/replay.ts'
import type { Ingest } from '../../steps/ingest.ts'
import type { TaskHandlers } from './task-handlers.ts'

export type BatchTaskParts = Omit<BatchEngines, 'close' | 'runs' | 'warehouseState'> & {
  readonly pipeline: Pipeline
  readonly ledger: Ledger
  readonly speed: Pick<RealTimeViews, 'epoch' | 'drop' | 'write'>
  readonly control: SpeedControl
  readonly ingest: Ingest
  readonly epochLength: number
  readonly dedupeHorizon: number
  readonly now: () => number
  readonly report: (failure: TributaryError) => void
}

/** The functions that state machines name, by the token of their `FunctionName`. */
export function batchTasks(parts: BatchTaskParts): TaskHandlers {
  const ports = {
    ...parts,
    horizon: parts.dedupeHorizon,
    pause,
    exportRows: parts.warehouse?.texts ?? (false as const),
    onMismatch: (mismatch: unknown) =>
      parts.report(
        new TributaryError(
          'reconciliation_mismatch',
          `the layers disagree: ${JSON.stringify(mismatch).slice(0, 2000)}`,
        ),
      ),
  }
  return {
    PlanFunctionArn: plan.createHandler(ports),
    PlanBackfillFunctionArn: planBackfill.createHandler(ports),
    AwaitRawFunctionArn: awaitRaw.createHandler(ports),
    RefineFunctionArn: refine.createHandler(ports),
    AggregateFunctionArn: aggregate.createHandler(ports),
    ReconcileFunctionArn: reconcile.createHandler(ports),
    PublishFunctionArn: publish.createHandler(ports),
    LoadWarehouseFunctionArn: loadWarehouse.createHandler(ports),
    CommitFunctionArn: commit.createHandler(ports),
    ReplayFunctionArn: replay.createHandler(ports),
    DeliverFunctionArn: deliver.createHandler(ports),
    FileIngestFunctionArn: fileIngest.createHandler(ports),
  }
}
