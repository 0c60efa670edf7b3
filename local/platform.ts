import type { Logger } from 'pino'
import { describeApi } from '../core/api/openapi.ts'
import { horizonEpochs } from '../core/data/epoch.ts'
import { createMonotonicClock } from '../core/data/monotonic-clock.ts'
import { requireLongerThan } from '../core/declare/retention.ts'
import { compileAcceptor } from '../core/event/accept.ts'
import { compileTimeCheck } from '../core/event/event-times.ts'
import { createRecentEvents } from '../core/memory/recent-events.ts'
import { createSequences } from '../core/memory/sequences.ts'
import type { Ledger } from '../core/ports/ledger.ts'
import { embeddedPaths, openBatchEnvironment } from '../drivers/compose/embedded.ts'
import { openEmbeddedLog, openEmbeddedLogReader, openRejected } from '../drivers/compose/embedded-lines.ts'
import { loadPipeline } from '../drivers/pipeline/folder.ts'
import { processName } from '../drivers/process-name.ts'
import { boundedRejected } from '../drivers/rejected/bounded.ts'
import { toldRejected } from '../drivers/rejected/told.ts'
import { committedEnd } from '../drivers/stream/log/shared.ts'
import { createAjvValidators } from '../drivers/validators/ajv.ts'
import { mayReadAll } from '../functions/middleware/authorise.ts'
import { ROUTES } from '../functions/table.ts'
import { createCountRejected } from '../steps/batch/reconcile/count-rejected.ts'
import { createIngest, createStore } from '../steps/ingest.ts'
import { ALREADY_KEPT, createReplayRejected } from '../steps/replay-rejected.ts'
import { watchAlerts } from './alerts/watch-alerts.ts'
import type { IntakeOffers } from './batch/batch-thread.ts'
import { openCallers } from './callers.ts'
import { openConsole } from './console/open-console.ts'
import { requireIntact } from './damage/require-intact.ts'
import { takeDataFolder } from './data-folder.ts'
import { settleDeclarations } from './declarations.ts'
import { type BatchStatus, healthOf } from './health.ts'
import { createCors } from './http/cors.ts'
import { admission, httpApi } from './http/http-api.ts'
import { startHttpServer } from './http/http-server.ts'
import { createLocalCheck } from './intake/check-judge.ts'
import { createIntake } from './intake/intake.ts'
import { intakeWorks } from './intake/intake-works.ts'
import { createJudging } from './intake/judging.ts'
import { createEventCounts } from './metrics/event-counts.ts'
import { createRequestCounts } from './metrics/request-counts.ts'
import { selfMetrics } from './metrics/self-metrics.ts'
import { openEpochOf } from './open-epoch.ts'
import { createQuestions } from './questions.ts'
import type { Settings } from './settings.ts'
import { createStartProgress, type StartProgress } from './start-progress.ts'
import { laneLag, newLaneWords, slowestLane } from './stream/lanes/lane-words.ts'
import { startTailing } from './tailing.ts'
import { createAuditFile } from './telling/audit-file.ts'
import { createFailureReports } from './telling/failure-reports.ts'
import { watchHealth } from './telling/health-watch.ts'
import { createUndeclaredFields } from './telling/undeclared-fields.ts'
import { startThreads } from './threads/platform-threads.ts'
import { serve } from './threads/rpc.ts'

/** A running platform. */
export type Platform = {
  readonly url: string
  /** The key made for this machine, where no keys were set. */
  readonly developmentKey: string | undefined
  /** What the start says of the web console. */
  readonly consoleText: string
  /** Resolves when every part answers. */
  readonly ready: Promise<void>
  /** Whether the warehouse answers. */
  warehouseState(): Promise<BatchStatus['warehouse']['state']>
  /** Takes nothing new, finishes and makes durable what was taken, ends every part. */
  close(): Promise<void>
}

/** What a start tells of its two threads. */
const STREAM = 'opening the speed layer'
const BATCH = 'opening the batch layer'

/** Longest time a thread may take to finish, ms. */
const CLOSE_TIMEOUT = 30_000

/**
 * Starts the platform on this machine: ingest and queries in this thread, the stream's consumers in a second,
 * batches in a third, the warehouse as a process.
 *
 * @throws TributaryError `invalid_setting`, `invalid_declaration`, `corrupt_data`, `storage_failed`
 */
export async function startPlatform(
  settings: Settings,
  logger: Logger,
  fatal: (cause: Error) => void,
  { during, far }: StartProgress = createStartProgress(() => undefined),
): Promise<Platform> {
  const pipeline = await during('loading declarations', loadPipeline(settings.pipeline))
  const epochs = horizonEpochs(settings.dedupeHorizon, settings.epochLength)
  requireLongerThan(epochs * settings.epochLength, pipeline.latest.values())
  const taking = takeDataFolder(settings.data, settings.epochLength)
  const folder = await during('taking the data folder', taking)
  const paths = embeddedPaths(settings.data)
  const failures = createFailureReports(logger)
  const { report } = failures
  const reached = await requireIntact(paths)
  // Epochs end by the clock that receipts are stamped with; where to begin, the log has to say first.
  let clock = createMonotonicClock(0, Date.now)
  const now = () => clock.now()
  const opening = openEmbeddedLog(paths, { epochLength: settings.epochLength, report, reached, now })
  const log = await during('opening the log', opening)
  clock = createMonotonicClock(log.status().clockFloor, Date.now)
  const settling = settleDeclarations(settings.data, paths.lake, pipeline, await typesIn(log.ledger))
  const comparing = during('comparing declarations with stored events', settling)
  const notices = await comparing.catch(async (error: unknown) => {
    await log.close()
    await folder.release()
    throw error
  })
  // Remembered from here on, so a start says each of them once.
  for (const { notice, ...of } of notices) logger.warn(of, `contract ${of.type}: ${of.field} ${notice}`)

  const words = newLaneWords(settings.lanes)
  const { stream, batch, intake } = startThreads({
    ...{ settings, words, shared: log.shared, openedAt: now(), dedupeHorizon: epochs },
    ...{ report, onDeath: fatal, onStreamProgress: how => far(STREAM, how) },
  })

  const tail = startTailing({
    ...{ pipeline, words, shared: log.shared, reader: openEmbeddedLogReader(paths, log.shared) },
    claimsOf: keys => stream.call('claimsOf', [keys], { timeoutMs: 2000 }),
    ...{ accepted: () => events.accepted(), span: epochs * settings.epochLength },
    report: failure => report(failure, 'the tail of events'),
  })
  const batchEnvironment = openBatchEnvironment(paths)
  const rejectedStore = await openRejected(paths, { now: Date.now, report })
  const rejected = toldRejected(boundedRejected(rejectedStore), kept => tail.noteRejected(kept))
  const validators = createAjvValidators()
  const partitions = { first: 0, count: settings.partitions }
  const ingestPorts = {
    accept: compileAcceptor(pipeline, validators, compileTimeCheck(settings.timeBounds, Date.now)),
    stream: log.stream,
    rejected,
    now,
    epochLength: settings.epochLength,
    // The log numbers the records of all partitions in one order, so that any start may have another number.
    partitionsAt: () => partitions,
    memory: { events: createRecentEvents(), sequences: createSequences() },
    horizon: epochs,
  }
  const undeclared = createUndeclaredFields(logger)
  const events = createEventCounts(undeclared)
  const ingest = events.counted(createIngest({ ...ingestPorts, process: processName() }))
  const judging = createJudging({
    pipeline: settings.pipeline,
    timeBounds: settings.timeBounds,
  })
  const store = events.counted(createStore({ ...ingestPorts, process: processName() }))
  const countRejected = createCountRejected(rejectedStore, type => pipeline.latest.has(type))
  serve<IntakeOffers>(intake, { ...log.ledger, ingest, countRejected })
  const lag = () => laneLag(words, committedEnd(log.shared), Date.now())
  const callers = await openCallers(settings, logger, report)
  const { developmentSecret, pages, authorise, allow, managedKeys, setKeys } = callers
  const requests = createRequestCounts()
  const batchCounts = () => batch.call('counts', [], { timeoutMs: 2000 })
  const web = await openConsole(developmentSecret, report)
  const questions = createQuestions({
    ...{ pipeline, stream, batch, now, ledger: log.ledger, epochLength: settings.epochLength },
    ...{ environment: batchEnvironment, speedLag: async () => lag() },
    ...{ words, listeners: settings.listeners, report, rejected, horizon: epochs },
  })
  const alerts = await watchAlerts({
    ...{ pipeline, paths, now, report, logger, environment: process.env },
    queryMetric: questions.queryMetric,
    acknowledged: () => committedEnd(log.shared),
    hasApplied: position => slowestLane(words) >= position,
  })
  const health = healthOf({
    log: log.status,
    clockAhead: clock.ahead,
    openEpoch: openEpochOf({ ledger: log.ledger, epochLength: settings.epochLength, now }),
    lag,
    undeclared: undeclared.list,
    stream: () => stream.call('status', [], { timeoutMs: 2000 }),
    batch: () => batch.call('status', [], { timeoutMs: 2000 }),
    alerts: alerts.state,
  })
  const watch = watchHealth(health, logger)
  const server = await startHttpServer({
    host: settings.host,
    port: settings.port,
    report,
    limits: { body: settings.longestBody },
    onAnswer: requests.answered,
    admit: admission({ authorise }),
    cors: createCors(pages),
    routes: httpApi(
      {
        authorise,
        allow,
        audit: createAuditFile(settings.data, logger, report),
        mayRead: mayReadAll(authorise),
        report,
        pipeline,
        document: describeApi(pipeline, ROUTES),
        health,
        registry: selfMetrics({
          health,
          events,
          undeclared,
          requests,
          runs: () => batchCounts().catch(() => undefined),
        }),
        rejected,
        ingest,
        checkEvents: createLocalCheck({
          pipeline,
          validators,
          judging,
          partitions,
          bounds: settings.timeBounds,
        }),
        replayRejected: createReplayRejected({
          ingest: createIngest({ ...ingestPorts, rejected: ALREADY_KEPT, process: processName() }),
          rejected,
          now,
        }),
        // Nothing between this process and its caller bounds an answer.
        longestAnswer: Infinity,
        ...questions,
        ...{ alerts, now, tail, managedKeys, setKeys },
        environment: process.env,
        epochLength: settings.epochLength,
        runs: {
          start: (machine, input) => batch.call('start', [machine, input]),
          stop: (id, by) => batch.call('stop', [id, by]),
          get: id => batch.call('get', [id]),
          list: (limit, after) => batch.call('list', [limit, after]),
        },
      },
      intakeWorks(
        { allow, report, pipeline, environment: process.env },
        createIntake(ingest, judging, store),
      ),
      web.routes,
    ),
  })

  const parts = [during(STREAM, stream.ready), during(BATCH, batch.ready)]
  const ready = Promise.all(parts).then(() => undefined)
  // After the start, which does not wait for it. A start that fails is told to whoever waits for it.
  ready.then(judging.warmUp, () => undefined)
  return {
    url: server.url,
    developmentKey: developmentSecret,
    consoleText: web.text(server.url),
    ready,
    warehouseState: async () => (await batch.call('status', [], { timeoutMs: 10_000 })).warehouse.state,
    async close() {
      watch.stop()
      questions.follow.close()
      tail.close()
      await server.close()
      await alerts.close()
      await judging.close()
      await batch.close(CLOSE_TIMEOUT)
      await stream.call('drain', [5000], { timeoutMs: CLOSE_TIMEOUT })
      await stream.close(CLOSE_TIMEOUT)
      await rejected.close()
      await callers.close()
      await log.close()
      await batchEnvironment.close()
      failures.stop()
      await folder.release()
    },
  }
}

/** Types of which the log has events. */
async function typesIn({ epochs }: Pick<Ledger, 'epochs'>): Promise<Iterable<string>> {
  return (await epochs(undefined)).flatMap(({ accepted }) => Object.keys(accepted))
}
