import { collectDefaultMetrics, Registry } from 'prom-client'
import type { HealthReport } from '../../functions/health.ts'
import type { ShownHold } from '../../steps/batch/held.ts'
import type { UndeclaredFields } from '../telling/undeclared-fields.ts'
import type { EventCounts } from './event-counts.ts'
import { expose, histogramSamples, type Sample } from './exposition.ts'
import { DURATION_BOUNDS, type RequestCounts, type RouteCounts } from './request-counts.ts'
import type { RunCounts } from './run-counts.ts'

/** Numbers of health parts: part, field, name, unit of one, help. Counters count from the start. */
const NUMBERS = [
  [
    'ingest',
    'clockAheadMs',
    'ingest_clock_ahead_seconds',
    0.001,
    'Receipts ahead of the clock, which was set back',
  ],
  ['ingest', 'lagBytes', 'log_lag_bytes', 1, 'Log that the slowest consumer has yet to read'],
  ['ingest', 'queuedBytes', 'log_queued_bytes', 1, 'Taken in, but not yet durable'],
  ['ingest', 'storedBytes', 'log_stored_bytes', 1, 'Log on disk'],
  ['speed', 'lagMs', 'speed_lag_seconds', 0.001, 'How far the speed layer is behind ingest'],
  ['speed', 'counted', 'events_counted_total', 1, 'Events the speed layer has counted'],
  ['speed', 'duplicates', 'events_duplicate_total', 1, 'Events it has left out as duplicates'],
  ['speed', 'retries', 'stream_batches_retried_total', 1, 'Batches of the stream delivered again'],
  ['speed', 'dead', 'stream_records_dead_total', 1, 'Records given up to the dead letters'],
  ['speed', 'markers', 'markers', 1, 'Event ids remembered for deduplication'],
  ['raw', 'failures', 'raw_delivery_failures_total', 1, 'Tries to write raw events that failed'],
  ['batch', 'running', 'runs_running', 1, 'State machines running'],
  ['inbox', 'failed', 'inbox_failed_files', 1, 'Files that the newest run of file ingest has put aside'],
  ['inbox', 'left', 'inbox_left_files', 1, 'Files it left, since it could neither read nor move them'],
  ['warehouse', 'behindMs', 'warehouse_behind_seconds', 0.001, 'How long it has been behind the boundaries'],
] as const

/** Gauges of Node that are named as counters are; the same numbers are there by kind, under right names. */
const MISNAMED = ['handles', 'requests', 'resources'].map(kind => `nodejs_active_${kind}_total`)

export type SelfMetricsPorts = {
  readonly health: () => Promise<HealthReport>
  readonly events: Pick<EventCounts, 'accepted' | 'rejected' | 'refused'>
  readonly undeclared: Pick<UndeclaredFields, 'list'>
  readonly requests: Pick<RequestCounts, 'routes'>
  /** Undefined: the thread that runs them does not answer. */
  readonly runs: () => Promise<RunCounts | undefined>
}

/**
 * The platform's own metrics for Prometheus: the numbers of its health, counts of requests, events and runs,
 * and Node's. Counters begin anew with the process.
 */
export function selfMetrics({ health, events, undeclared, requests, runs }: SelfMetricsPorts): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const add = (
    name: string,
    type: 'counter' | 'gauge' | 'histogram',
    help: string,
    samples: () => readonly Sample[] | Promise<readonly Sample[]>,
  ) => expose(registry, { name: `tributary_${name}`, type, help, samples })
  const report = shared(health)
  const ended = shared(runs)

  for (const [part, field, name, unit, help] of NUMBERS)
    add(name, name.endsWith('_total') ? 'counter' : 'gauge', help, async () => {
      const value = (await report()).parts[part]?.[field]
      return typeof value === 'number' ? [{ value: value * unit }] : []
    })
  add('part_up', 'gauge', '1 where a part is well, else 0', async () =>
    Object.entries((await report()).parts).map(([part, { status }]) => ({
      ...{ labels: { part }, value: status === 'ok' ? 1 : 0 },
    })),
  )
  add('held', 'gauge', '1 for each metric and event type whose numbers wait', async () =>
    heldIn((await report()).parts['batch']).map(({ kind, name }) => ({ labels: { kind, name }, value: 1 })),
  )
  add('boundary_timestamp_seconds', 'gauge', 'Start of the last epoch that is exact, by metric', async () =>
    boundariesIn((await report()).parts['batch']).flatMap(([metric, epoch]) =>
      epoch === null ? [] : [{ labels: { metric }, value: Date.parse(epoch) / 1000 }],
    ),
  )

  add('events_accepted_total', 'counter', 'Events taken in', () => [{ value: events.accepted() }])
  add('events_rejected_total', 'counter', 'Events that failed their contract, and are kept', () =>
    [...events.rejected()].map(([code, value]) => ({ labels: { code }, value })),
  )
  add('events_refused_total', 'counter', 'Events that had to be sent again', () => [
    { value: events.refused() },
  ])
  add('undeclared_fields', 'gauge', 'Fields of events that the contract of their type does not name', () =>
    [...undeclared.list()].map(([type, names]) => ({ labels: { type }, value: names.size })),
  )
  add('http_requests_total', 'counter', 'Answers, by route and status', () =>
    byRoute(requests, (route, { statuses }) =>
      [...statuses].map(([status, value]) => ({ labels: { route, status: String(status) }, value })),
    ),
  )
  const seconds = 'http_request_duration_seconds'
  add(seconds, 'histogram', 'From the headers of a request to its answer', () =>
    byRoute(requests, (route, { buckets, seconds: sum }) =>
      histogramSamples(`tributary_${seconds}`, { route }, { bounds: DURATION_BOUNDS, buckets, sum }),
    ),
  )
  add('runs_total', 'counter', 'Runs of state machines that have ended', async () =>
    ((await ended())?.runs ?? []).map(({ machine, outcome, count }) => ({
      ...{ labels: { machine, outcome }, value: count },
    })),
  )
  add('runs_duration_seconds_total', 'counter', 'Time that they took', async () =>
    ((await ended())?.runs ?? []).map(({ machine, outcome, seconds: value }) => ({
      ...{ labels: { machine, outcome }, value },
    })),
  )
  add('partials_compared_total', 'counter', 'Partials of which batches compared both layers', async () =>
    countIn((await ended())?.compared),
  )
  add('partials_different_total', 'counter', 'Partials on which the layers differed', async () =>
    countIn((await ended())?.different),
  )
  return registry
}

/** One call for all who ask at one time. */
function shared<T>(call: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined
  return () => {
    current ??= call().finally(() => {
      current = undefined
    })
    return current
  }
}

function byRoute(
  requests: Pick<RequestCounts, 'routes'>,
  samples: (route: string, counts: RouteCounts) => readonly Sample[],
): readonly Sample[] {
  return [...requests.routes()].flatMap(([route, counts]) => samples(route, counts))
}

function countIn(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ value }]
}

type Part = HealthReport['parts'][string] | undefined

function heldIn(part: Part): readonly Pick<ShownHold, 'kind' | 'name'>[] {
  return (part?.['held'] ?? []) as readonly ShownHold[]
}

function boundariesIn(part: Part): readonly (readonly [string, string | null])[] {
  return Object.entries((part?.['boundaries'] ?? {}) as Record<string, string | null>)
}
