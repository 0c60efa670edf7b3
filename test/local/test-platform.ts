import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readKeys } from '../../core/access/read-keys.ts'
import { eventText } from '../../core/api/event-stream.ts'
import { describeApi } from '../../core/api/openapi.ts'
import { TributaryError } from '../../core/errors.ts'
import { compileAcceptor } from '../../core/event/accept.ts'
import { readRecord } from '../../core/event/record.ts'
import { createRecentEvents } from '../../core/memory/recent-events.ts'
import { createSequences } from '../../core/memory/sequences.ts'
import { type Run, stoppedBefore } from '../../core/ports/runs.ts'
import type { PutOutcome, Stream, StreamRecord } from '../../core/ports/stream/stream.ts'
import { openLmdbAlerts } from '../../drivers/alerts/lmdb.ts'
import { createMemoryAllowances } from '../../drivers/allowances/memory.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { openRejectedFiles } from '../../drivers/rejected/files/files.ts'
import { createAjvValidators } from '../../drivers/validators/ajv.ts'
import type { AuditEntry } from '../../functions/middleware/audit.ts'
import { createKeyAuthorisation, mayReadAll } from '../../functions/middleware/authorise.ts'
import { ROUTES } from '../../functions/table.ts'
import { admission, type HttpApiDeps, httpApi } from '../../local/http/http-api.ts'
import type { Routes } from '../../local/http/http-router.ts'
import { type HttpServerOptions, startHttpServer } from '../../local/http/http-server.ts'
import { createCheckJudge } from '../../local/intake/check-judge.ts'
import { openKeys } from '../../local/keys.ts'
import { openAlerts } from '../../steps/alerts/alerts.ts'
import { createAllow } from '../../steps/allow.ts'
import { createCheckEvents } from '../../steps/check-events.ts'
import { createIngest, type Ingest } from '../../steps/ingest.ts'
import type { MetricQuery } from '../../steps/query-metric.ts'
import { ALREADY_KEPT, createReplayRejected } from '../../steps/replay-rejected.ts'
import { createAnswerCheck } from './described-answer.ts'

export const FOLDER = join(import.meta.dirname, '..', '..', 'pipeline')
export const pipeline = await loadPipeline(FOLDER)

const document = describeApi(pipeline, ROUTES)
const checkAnswer = createAnswerCheck(document)

/** Every measure of a metric, with one value. */
function valuesOf(name: string, value: number): Readonly<Record<string, number>> {
  const { measures } = pipeline.metrics.find(metric => metric.name === name)!
  return Object.fromEntries(measures.map(measure => [measure.name, value]))
}

/** Keys without limits, and keys with each of them. */
const KEYS = {
  write: 'w',
  read: 'r',
  admin: 'a',
  browser: 'b',
  'of-types': { secret: 'types', scope: 'write:com.tributary.* read:com.tributary.flight' },
  'of-others': { secret: 'others', scope: 'write:com.example.* read:com.example.*' },
  'of-rows': { secret: 'rows', scope: 'read', where: { origin: ['LAS', 'PHX'] } },
  slow: { secret: 'slow', scope: 'read write', rate: 1 },
  small: { secret: 'small', scope: 'write', events: 3 },
  ended: { secret: 'ended', scope: 'read write', expires: '2026-01-01' },
}

/** Alerts of the sample, which nothing judges. */
async function sampleAlerts(folder: string): Promise<HttpApiDeps['alerts']> {
  const store = openLmdbAlerts(folder)
  return openAlerts({
    ...{ pipeline, store, platform: 'test', now: Date.now },
    queryMetric: () => Promise.reject(new Error('nothing is judged')),
    acknowledged: () => 0,
    hasApplied: () => true,
    report: () => undefined,
    notify: async () => ({ kind: 'sent' }),
    settingProblem: () => undefined,
  })
}

/** The whole HTTP API on a free port, over a stream that stores arrays. */
export async function startPlatform(
  options: Partial<HttpServerOptions> = {},
  deps: Partial<HttpApiDeps> = {},
  beside: Routes = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-http-'))
  const records: StreamRecord[] = []
  const failures: TributaryError[] = []
  const queries: MetricQuery[] = []
  const runs: Run[] = []
  const audit: AuditEntry[] = []
  /** Next outcomes of `put`; `stored` when there are none. */
  const refusals: PutOutcome[][] = []
  const stream: Stream = {
    put: async batch => {
      const outcomes = refusals.shift() ?? batch.map(() => ({ kind: 'stored' }) as const)
      batch.forEach((record, i) => {
        if (outcomes[i]?.kind === 'stored') records.push(record)
      })
      return outcomes
    },
  }
  const rejected = await openRejectedFiles({ folder, now: Date.now })
  const ingestOf = (process: string, store: Parameters<typeof createIngest>[0]['rejected']): Ingest =>
    createIngest({
      accept: compileAcceptor(pipeline, createAjvValidators()),
      stream,
      rejected: store,
      now: Date.now,
      epochLength: 3_600_000,
      partitionsAt: () => ({ first: 0, count: 10 }),
      process,
      memory: { events: createRecentEvents(), sequences: createSequences() },
    })
  const report = (failure: TributaryError) => void failures.push(failure)
  const held = await openKeys(folder, readKeys(JSON.stringify(KEYS)))
  const authorise = createKeyAuthorisation(held.ring)
  const all: HttpApiDeps = {
    authorise,
    allow: createAllow({ allowances: createMemoryAllowances(), now: Date.now, report: () => undefined }),
    audit: entry => void audit.push(entry),
    mayRead: mayReadAll(authorise),
    report,
    pipeline,
    document,
    ingest: ingestOf('test00', rejected),
    environment: {},
    checkEvents: createCheckEvents({
      pipeline,
      judge: createCheckJudge(pipeline, createAjvValidators(), { ahead: Infinity, behind: Infinity }),
      partitions: async () => ({ first: 0, count: 10 }),
    }),
    rejected,
    replayRejected: createReplayRejected({
      ingest: ingestOf('test01', ALREADY_KEPT),
      rejected,
      now: Date.now,
    }),
    queryMetric: async query => {
      queries.push(query)
      const flights = records.reduce((sum, record) => sum + record.count, 0)
      return {
        metric: query.name,
        window: query.window ?? 'day',
        rows: [{ window: '2001-01-01T00:00:00Z', group: {}, values: valuesOf(query.name, flights) }],
        provenance: { boundary: null, run: null, asOf: '2001-01-01T00:00:00Z', lagMs: 0 },
      }
    },
    askLake: {
      ask: async () => {
        throw new TributaryError('unavailable', 'nothing reads the lake here')
      },
      cancel: async () => false,
    },
    explainMetric: async () => {
      throw new TributaryError('unavailable', 'nothing explains numbers here')
    },
    followEvent: async () => {
      throw new TributaryError('not_found', 'no event is looked up here')
    },
    listEvents: async () => ({ events: [], next: undefined, since: 0 }),
    tail: { open: () => reader => reader.outlet.end() },
    follow: {
      open: async ({ ask }) => {
        const answer = await ask()
        return ({ outlet }) => {
          outlet.write(eventText('snapshot', JSON.stringify(answer), 'test-1'))
          outlet.end()
        }
      },
    },
    epochLength: 3_600_000,
    runs: {
      start: async (machine, input) => {
        const run: Run = {
          id: `run-${runs.length}`,
          machine,
          input,
          status: 'succeeded',
          startedAt: 0,
          endedAt: 1500,
          states: [{ name: 'Plan', enteredAt: 0 }],
          report: { epochs: 1 },
        }
        runs.push(run)
        return run
      },
      stop: async (id, by) => {
        const run = runs.find(one => one.id === id)
        if (run === undefined) throw new TributaryError('not_found', `there is no run ${id}`)
        if (run.status !== 'running') return stoppedBefore(run)
        const stopped: Run = { ...run, status: 'stopped', stoppedBy: by }
        runs.splice(runs.indexOf(run), 1, stopped)
        return stopped
      },
      get: async id => runs.find(run => run.id === id),
      list: async (limit, after) =>
        runs
          .toReversed()
          .filter(run => after === undefined || run.id < after.id)
          .slice(0, limit),
    },
    health: async () => ({
      status: 'ok',
      parts: {
        speed: {
          status: 'ok',
          counted: records.reduce((sum, record) => sum + record.count, 0),
          duplicates: 0,
        },
      },
    }),
    alerts: await sampleAlerts(join(folder, 'alerts')),
    ...{ now: Date.now, managedKeys: held.made, setKeys: async () => held.ring.set },
    registry: { contentType: 'text/plain; version=0.0.4', metrics: async () => 'up 1\n' },
    ...deps,
  }
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    report,
    routes: httpApi(all, {}, beside),
    admit: admission(all),
    ...options,
  })
  return {
    url: server.url,
    port: server.port,
    server,
    failures,
    audit,
    queries,
    refusals,
    rejected,
    /** Events the stream holds. */
    events: () => records.flatMap(record => readRecord(record.data)),
    /** The line that was stored under a receipt. */
    stored: (receipt: string) =>
      records.flatMap(({ data }) => data.split('\n')).find(line => line.includes(receipt)),
    /** One call. Its answer is what the description says, or this throws. */
    async call(
      method: string,
      path: string,
      key?: string,
      body?: string | Uint8Array,
      headers: Record<string, string> = {},
    ) {
      const answer = await fetch(server.url + path, {
        method,
        headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
        ...(body !== undefined && { body: body as string }),
      })
      const complaint = await checkAnswer(method, path, answer.clone())
      if (complaint !== undefined) throw new Error(`${method} ${path} is not as described: ${complaint}`)
      return answer
    },
    async close() {
      await server.close()
      await rejected.close()
      await rm(folder, { recursive: true })
    },
  }
}

export type Platform = Awaited<ReturnType<typeof startPlatform>>

export const BATCH = { 'content-type': 'application/cloudevents-batch+json' }
export const SINGLE = { 'content-type': 'application/cloudevents+json' }

/** A flight that its contract accepts, changed by `more`. */
export function flight(id: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    specversion: '1.0',
    id,
    source: '/test',
    type: 'com.tributary.flight',
    time: '2001-01-01T12:00:00Z',
    data: { origin: 'LAS', destination: 'PHL', distance: 2176, delay: 33 },
    ...more,
  }
}
