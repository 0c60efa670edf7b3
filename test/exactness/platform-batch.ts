import { rawFolder } from '../../core/lake/lake-paths.ts'
import type { LakeSession } from '../../core/ports/lake-engine.ts'
import { createAggregate } from '../../steps/batch/aggregate.ts'
import { createAwaitRaw } from '../../steps/batch/await-raw.ts'
import { createCommit } from '../../steps/batch/commit.ts'
import type { PlanResult } from '../../steps/batch/plan.ts'
import { createPublish } from '../../steps/batch/publish.ts'
import { createRefine } from '../../steps/batch/refine/refine.ts'
import type { WorkMode } from '../../steps/batch/task.ts'
import { CLOCK } from '../arbitraries.ts'
import type { Reconciled } from '../steps/batch/reconcile/run-reconcile.ts'
import { runReconcile } from '../steps/batch/reconcile/run-reconcile.ts'
import { Crash } from './faulty-ports.ts'
import type { PlatformWorld } from './platform-world.ts'

export type BatchPorts = ReturnType<typeof batchPorts>

/**
 * The ports of every batch step over a world. `around` is called about everything that changes lake or views.
 */
export function batchPorts(world: PlatformWorld, around: Around) {
  const { lake, engine, batch, holds, views } = world
  const session = (s: LakeSession): LakeSession => ({
    ...s,
    execute: around(s.execute),
    write: around(s.write),
  })
  return {
    pipeline: world.declared.pipeline,
    ...{ epochLength: CLOCK.epochLength, horizon: CLOCK.horizon, now: world.now, ledger: world.ledger },
    keepsHistory: false,
    countRejected: undefined,
    engine: {
      ...engine,
      session: <T>(work: (s: LakeSession) => Promise<T>) => engine.session(s => work(session(s))),
    },
    lake: {
      ...lake,
      remove: around(lake.remove),
      replace: around(lake.replace),
      put: around(lake.put),
    },
    batch: { ...batch, write: around(batch.write), moveBoundary: around(batch.moveBoundary) },
    holds,
    countedSince: world.countedSince,
    onHeld: () => undefined,
    speed: { ...views, write: around(views.write), drop: around(views.drop) },
    control: world.control,
    wholeFiles: (type: string, epoch: number) => lake.list(rawFolder(type, epoch)),
    exportRows: false as const,
    onMismatch: () => undefined, // what the reconciliation reports is compared with the reference
  }
}

export type Around = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => (...args: A) => Promise<R>

/**
 * Dies at the `at`-th change, before or after its effect by turns (undefined: never), and calls `seen` after
 * every other.
 */
export function cutting(at: number | undefined, seen: () => Promise<void>): Around {
  let changes = 0
  return call =>
    async (...args) => {
      const change = changes++
      if (at !== undefined && (change > at || (change === at && at % 2 === 0))) throw new Crash()
      const result = await call(...args)
      if (change === at) throw new Crash()
      await seen()
      return result
    }
}

/** What a step left to look at. */
export type Stage =
  | { readonly kind: 'step' }
  /** The run waits for raw data and the speed layer. */
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'reconciled'
      readonly mode: WorkMode
      readonly metrics: readonly string[]
      readonly reconciliation: Reconciled
    }

/** The steps of a run, one after the other, in the order of the state machines. */
export async function* batchStages(
  ports: BatchPorts,
  run: string,
  plan: (turn: number, last: number | undefined) => Promise<PlanResult>,
): AsyncGenerator<Stage> {
  const awaitRaw = createAwaitRaw(ports)
  const refine = createRefine(ports)
  const aggregate = createAggregate(ports)
  const publish = createPublish(ports)
  const commit = createCommit(ports)
  const step: Stage = { kind: 'step' }
  let last: number | undefined
  for (let turn = 0; ; turn++) {
    const work = await plan(turn, last)
    yield step
    if (work.status === 'done') return
    const { epoch } = work
    for (let attempt = 0; (await awaitRaw({ epoch, attempt })).status !== 'ready'; attempt++)
      yield { kind: 'waiting' }
    const refined = []
    for (const type of work.types) {
      refined.push(await refine({ ...type, run }))
      yield step
    }
    for (const metric of work.metrics) {
      await aggregate(metric)
      yield step
    }
    const { report } = await runReconcile(ports, { ...work, run, refined })
    yield reconciled(report, work)
    for (const metric of work.metrics) {
      await publish({ ...metric, run })
      yield step
    }
    await commit({ ...work, run, refined })
    yield step
    last = epoch
  }
}

function reconciled(
  report: Readonly<Record<string, unknown>>,
  work: { readonly epoch: number; readonly mode: WorkMode; readonly metrics: readonly { metric: string }[] },
): Stage {
  const [epoch] = Object.values(report['epochs'] as Record<string, { reconciliation: Reconciled }>)
  return {
    kind: 'reconciled',
    mode: work.mode,
    metrics: work.metrics.map(({ metric }) => metric),
    reconciliation: { ...epoch!.reconciliation, epoch: work.epoch },
  }
}
