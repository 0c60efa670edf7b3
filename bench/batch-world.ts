import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { open as openLmdb } from 'lmdb'
import { metricShapes } from '../core/declare/metric-kinds.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import type { EpochLedger } from '../core/ports/ledger.ts'
import { openFolderLake } from '../drivers/compose/folder-lake.ts'
import { openLmdbHolds } from '../drivers/holds/lmdb.ts'
import { openLmdbBatchViews } from '../drivers/views/lmdb.ts'
import { createMemoryViews } from '../drivers/views/memory/memory.ts'
import { createAggregate } from '../steps/batch/aggregate.ts'
import { createCertify } from '../steps/batch/certify/certify.ts'
import { createCommit } from '../steps/batch/commit.ts'
import { createPlan } from '../steps/batch/plan.ts'
import { createPublish } from '../steps/batch/publish.ts'
import { createCompare } from '../steps/batch/reconcile/compare.ts'
import { createListComparisons, type ListComparisonsTask } from '../steps/batch/reconcile/list-comparisons.ts'
import { createReconcile } from '../steps/batch/reconcile/reconcile.ts'
import { createRefine } from '../steps/batch/refine/refine.ts'
import { memoryCountedSince } from '../test/counted-since.ts'

export const EPOCH_LENGTH = 3_600_000

/** How the engines of a benchmark are set. */
export type BatchWorldOptions = {
  readonly epochLength?: number
  readonly horizon?: number
  /** Memory the engine may use, bytes (the default of one machine). */
  readonly memoryLimit?: number
}

/**
 * The engines of one machine with a ledger that says what was delivered: everything a batch run needs but a
 * warehouse.
 */
export async function openBatchWorld(
  folder: string,
  pipeline: Pipeline,
  type: string,
  { epochLength = EPOCH_LENGTH, horizon = 24, memoryLimit }: BatchWorldOptions = {},
) {
  const lakeFolder = join(folder, 'lake')
  const { lake, engine, ahead, asked, close } = await openFolderLake({
    folder: lakeFolder,
    ...(memoryLimit !== undefined && { memoryLimit }),
  })
  const root = openLmdb({ path: join(folder, 'views') })
  const accepted = new Map<number, number>()
  const entry = (epoch: number): EpochLedger => ({
    epoch,
    accepted: { [type]: accepted.get(epoch) ?? 0 },
    counts: 'exact',
    closed: true,
    rawComplete: true,
    short: {},
    // Only what a replay has rebuilt is there to compare with.
    speedComplete: rebuilt.has(epoch),
  })
  const rebuilt = new Set<number>()
  let mismatches = 0
  let clock = 0
  const world = {
    lakeFolder,
    ahead,
    asked,
    /** Notes what was delivered of an epoch, and sets the clock right after it. */
    delivered(epoch: number, events: number): void {
      accepted.set(epoch, events)
      clock = epoch + epochLength
    },
    async close() {
      close()
      await root.close()
    },
  }
  const ports = {
    pipeline,
    lake,
    engine,
    batch: openLmdbBatchViews(root, metricShapes(pipeline)),
    holds: openLmdbHolds(root),
    countedSince: memoryCountedSince(pipeline),
    wholeFiles: async () => [],
    onHeld: () => undefined,
    speed: createMemoryViews(metricShapes(pipeline)),
    epochLength,
    horizon,
    keepsHistory: true,
    countRejected: undefined,
    exportRows: false as const,
    now: () => clock,
    ledger: {
      epochs: async (after: number | undefined) =>
        [...accepted.keys()].filter(epoch => after === undefined || epoch > after).map(entry),
      epoch: async (epoch: number) => entry(epoch),
    },
    onMismatch: () => void mismatches++,
    control: {
      pause: async () => ({ lanes: 1, sequenceOf: () => '0' }),
      resume: async () => {
        for (const epoch of accepted.keys()) rebuilt.add(epoch)
      },
    },
  }
  return { ...world, ports, mismatches: () => mismatches }
}

export type BatchWorldPorts = Awaited<ReturnType<typeof openBatchWorld>>['ports']

/** The step that comes after everything is published. */
export const CERTIFY = 'certify'

/** One batch run, all steps of it; seconds by step. */
export async function runSteps(ports: BatchWorldPorts): Promise<Record<string, number>> {
  const seconds: Record<string, number> = {}
  const timed = async <T>(name: string, work: Promise<T>): Promise<T> => {
    const begun = performance.now()
    const result = await work
    seconds[name] = (seconds[name] ?? 0) + (performance.now() - begun) / 1000
    return result
  }
  for (let turn = 0; ; turn++) {
    const work = await timed('plan', createPlan(ports)({ turn, run: 'bench' }))
    if (work.status === 'done') return seconds
    const refined = []
    for (const type of work.types) refined.push(await timed('refine', createRefine(ports)(type)))
    for (const metric of work.metrics)
      await timed(`aggregate ${metric.metric.split('.')[0]}`, createAggregate(ports)(metric))
    await timed('reconcile', reconcileAll(ports, { ...work, run: 'bench', refined }))
    for (const metric of work.metrics)
      await timed('publish', createPublish(ports)({ ...metric, run: 'bench' }))
    await timed('commit', createCommit(ports)({ ...work, run: 'bench' }))
    await timed(CERTIFY, createCertify(ports)())
  }
}

/** What the machine does item by item; what cannot be compared ends the bench. */
async function reconcileAll(ports: BatchWorldPorts, task: ListComparisonsTask & { readonly run: string }) {
  const { items, notCompared } = await createListComparisons(ports)(task)
  const compared = []
  for (const item of items) compared.push(await createCompare(ports)({ ...item, run: task.run }))
  return createReconcile(ports)({ ...task, compared, notCompared })
}

/** Processor seconds since `before`: on a machine that others use too, they say more than the clock. */
export function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

export const totalOf = ({ [CERTIFY]: _after, ...until }: Record<string, number>) =>
  Object.values(until).reduce((a, b) => a + b, 0)
