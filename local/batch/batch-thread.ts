import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { horizonEpochs } from '../../core/data/epoch.ts'
import { type TributaryError, toTributaryError } from '../../core/errors.ts'
import type { CountedSince } from '../../core/ports/counted-since.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { RunPlace } from '../../core/ports/runs.ts'
import type { SpeedControl } from '../../core/ports/stream/speed-control.ts'
import type { RealTimeViews } from '../../core/ports/views.ts'
import { embeddedPaths, openBatchEngines } from '../../drivers/compose/embedded.ts'
import { openLakeStatements, openTableFiles } from '../../drivers/compose/lake-statements.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { openRawLines } from '../../drivers/raw/raw-lines.ts'
import { runId } from '../../drivers/run-id.ts'
import type { CountRejected } from '../../steps/batch/reconcile/count-rejected.ts'
import { createRefineAhead } from '../../steps/batch/refine/refine-ahead.ts'
import { createLookUpEvent } from '../../steps/events/look-up-event.ts'
import { createSearchEvents } from '../../steps/events/search-events.ts'
import { createLookIntoLake } from '../../steps/explain/look-into-lake.ts'
import { createReadPast } from '../../steps/history/read-past.ts'
import type { Ingest } from '../../steps/ingest.ts'
import { createAskLake } from '../../steps/lake/ask-lake.ts'
import { uncounted } from '../../steps/replay/floors.ts'
import { readDeclarations } from '../declarations.ts'
import type { BatchStatus } from '../health.ts'
import { countedRuns } from '../metrics/run-counts.ts'
import type { Settings } from '../settings.ts'
import type { StreamOffers } from '../stream/stream-thread.ts'
import type { Caller } from '../threads/rpc.ts'
import type { StateMachineDefinition } from './asl.ts'
import { batchStatus } from './batch-status.ts'
import { batchTasks } from './batch-tasks.ts'
import { startFilling } from './filling.ts'
import { createInboxState } from './inbox-state.ts'
import { createProcessorShare } from './processor-share.ts'
import { startRefiningAhead } from './refining-ahead.ts'
import { startScheduler } from './scheduler.ts'
import { createRunner } from './state-machine-runner.ts'
import { createWarehouseWatch } from './warehouse-watch.ts'

/** How the batch thread reaches the parts that other threads own. */
export type BatchThreadCalls = {
  readonly stream: Caller<StreamOffers>
  readonly intake: Caller<IntakeOffers>
}

/** What the thread that takes events in offers to this one. */
export type IntakeOffers = Pick<Ledger, 'epochs' | 'epoch'> & {
  readonly ingest: Ingest
  readonly countRejected: CountRejected
}

/** What this thread offers to the others. */
export type BatchOffers = Awaited<ReturnType<typeof openBatchThread>>

/**
 * Share of the cores above which nothing is refined ahead: what comes in, and its numbers, need the rest.
 */
const BUSY = 0.7

/** Machines that change no views need not wait for those that do. */
const LOCKS: ReadonlyMap<string, string> = new Map([
  ['file-ingest', 'inbox'],
  ['warehouse', 'warehouse'],
])

/** Runs among which the newest that took files in is looked for at the start. */
const RUNS_AT_START = 1000

const MACHINES = join(import.meta.dirname, '..', '..', 'state-machines')

/**
 * Opens batches: lake engine, batch views, warehouse, state machines and their schedules. Runs that were
 * going on when the process ended go on; what was missed meanwhile is made good by one batch run.
 *
 * @returns what other threads may call
 */
export async function openBatchThread(
  settings: Settings,
  calls: BatchThreadCalls,
  report: (failure: TributaryError) => void,
) {
  const pipeline = await loadPipeline(settings.pipeline)
  const paths = embeddedPaths(settings.data)
  const engines = await openBatchEngines(paths, pipeline, settings, report)
  const log = {
    error: (fields: Readonly<Record<string, unknown>>, message: string) =>
      report(toTributaryError(fields['err'] ?? fields['error'] ?? message)),
  }
  const { ahead, asked, ...others } = engines
  const parts = { ...others, wholeFiles: ahead.wholeFiles }
  const alone = turns()
  const watch = createWarehouseWatch(Date.now)
  const tablesWatch = createWarehouseWatch(Date.now)
  const countedSince = remoteCountedSince(calls.stream)
  const runs = countedRuns(engines.runs)
  const ledger = remoteLedger(calls.intake)
  const horizon = horizonEpochs(settings.dedupeHorizon, settings.epochLength)
  const runner = createRunner({
    machines: await readMachines(),
    handlers: batchTasks({
      ...parts,
      alone,
      pipeline,
      ledger,
      speed: remoteViews(calls.stream),
      control: remoteControl(calls.stream),
      countedSince,
      ingest: events => calls.intake('ingest', [events]),
      countRejected: (from, to) => calls.intake('countRejected', [from, to]),
      epochLength: settings.epochLength,
      dedupeHorizon: horizon,
      now: Date.now,
      report,
      remembered: (await readDeclarations(settings.data)) ?? {},
      onLoaded: watch.noted,
      onTables: tablesWatch.noted,
    }),
    runs,
    log,
    now: Date.now,
    newId: runId,
    // Those machines that share views have to wait for each other.
    lockOf: machine => LOCKS.get(machine) ?? 'views',
  })
  const start = (machine: string, input: unknown) => runner.start(machine, input, { coalesce: true })
  const resumed = await runner.resume()
  const scheduler = startScheduler({
    schedules: pipeline.schedules,
    start,
    epochLengthMs: settings.epochLength,
    log,
  })
  // Before the first batch: it may have a long history to compute.
  const filling = await startFilling({
    uncounted: () => uncounted({ ...engines, pipeline, countedSince, epochLength: settings.epochLength }),
    isUnderWay: async () =>
      (await engines.runs.list(50)).some(run => run.machine === 'replay' && run.status === 'running'),
    replay: only => start('replay', { only }),
    report,
  })
  if (!resumed.some(run => run.machine === 'batch')) await start('batch', {})
  const inboxState = createInboxState()
  inboxState(await engines.runs.list(RUNS_AT_START))
  const processorShare = createProcessorShare()
  const refiningAhead = startRefiningAhead({
    types: pipeline.latest.keys().toArray(),
    refineAhead: createRefineAhead({ ...engines, ...ahead, pipeline, countedSince }),
    epochLength: settings.epochLength,
    now: Date.now,
    isBusy: async () =>
      processorShare() > BUSY ||
      (await engines.runs.list(10)).some(run => run.status === 'running' && run.machine !== 'warehouse'),
    alone,
    report,
  })

  const statusPorts = {
    ...{ pipeline, batch: engines.batch, holds: engines.holds, now: Date.now },
    ...{ epochLength: settings.epochLength, batchesEvery: scheduler.longestPause('batch') },
  }
  const { ask: askLake, cancel: cancelLake } = createAskLake({
    ...{ pipeline, lake: engines.lake, batchViews: engines.batch, epochLength: settings.epochLength },
    ...{ root: resolve(paths.lake), runStatement: openLakeStatements(paths) },
  })
  const asking = {
    ...{ pipeline, lake: engines.lake, engine: asked, ledger, countedSince, horizon },
    ...{ epochLength: settings.epochLength, rawLines: openRawLines(paths.lake) },
  }
  return {
    askLake,
    cancelLake,
    writeTable: openTableFiles(paths),
    lookIntoLake: createLookIntoLake(asking),
    lookUpEvent: createLookUpEvent(asking),
    searchEvents: createSearchEvents(asking),
    start: (machine: string, input: unknown) => runner.start(machine, input),
    stop: (id: string, by: string) => runner.stop(id, by),
    get: (id: string) => engines.runs.get(id),
    list: (limit: number, after?: RunPlace) => engines.runs.list(limit, after),
    readPast: createReadPast({ ...engines, pipeline, now: Date.now }),
    status: async (): Promise<BatchStatus> => {
      const recent = await engines.runs.list(50)
      return {
        ...(await batchStatus(statusPorts, recent)),
        leftOut: engines.lake.leftOut(),
        inbox: inboxState(recent),
        warehouse: { state: engines.warehouseState(), ...watch.lag() },
        tables: tablesWatch.lag(),
      }
    },
    counts: async () => runs.counts(),
    /** Lets current states end; runs go on at the next start. */
    close: async () => {
      await filling.stop()
      await scheduler.stop()
      await refiningAhead.stop()
      await runner.drain()
      await engines.close()
    },
  }
}

/** Lets work happen one after the other. */
function turns() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
}

async function readMachines(): Promise<Readonly<Record<string, StateMachineDefinition>>> {
  const names = (await readdir(MACHINES)).filter(name => name.endsWith('.asl.json'))
  const entries = names.map(async name => [
    name.replace(/\.asl\.json$/, ''),
    JSON.parse(await readFile(join(MACHINES, name), 'utf8'), oneAtATime) as StateMachineDefinition,
  ])
  return Object.fromEntries(await Promise.all(entries)) as Readonly<Record<string, StateMachineDefinition>>
}

/** The memory and the processors of one machine are for one item of a Map at a time. */
const oneAtATime = (key: string, value: unknown) => (key === 'MaxConcurrency' ? 1 : value)

function remoteLedger(call: Caller<IntakeOffers>): Ledger {
  return {
    epochs: after => call('epochs', [after]),
    epoch: epoch => call('epoch', [epoch]),
  }
}

function remoteViews(call: Caller<StreamOffers>): Pick<RealTimeViews, 'epoch' | 'drop' | 'write'> {
  return {
    epoch: request => call('epoch', [request]),
    drop: (metric, epoch) => call('drop', [metric, epoch]),
    write: writes => call('write', [writes]),
  }
}

/** Longest wait for the stream's thread, which may have much of the log to apply before it answers, ms. */
const START_TIMEOUT = 600_000

function remoteCountedSince(call: Caller<StreamOffers>): CountedSince {
  return {
    list: () => call('countedSince', [], { timeoutMs: START_TIMEOUT }),
    note: since => call('noteCounted', [since], { timeoutMs: START_TIMEOUT }),
  }
}

/** Longest wait for the stream's consumers to stand still, ms. */
const PAUSE_TIMEOUT = 90_000

function remoteControl(call: Caller<StreamOffers>): SpeedControl {
  return {
    async pause() {
      const { lanes, sequence } = await call('pause', [], { timeoutMs: PAUSE_TIMEOUT })
      return { lanes, sequenceOf: () => sequence }
    },
    resume: () => call('resume', []),
  }
}
