import { expect, test } from 'vitest'
import type { Run } from '../../../core/ports/runs.ts'
import type { HealthReport } from '../../../functions/health.ts'
import { createEventCounts } from '../../../local/metrics/event-counts.ts'
import { createRequestCounts } from '../../../local/metrics/request-counts.ts'
import { countedRuns } from '../../../local/metrics/run-counts.ts'
import { selfMetrics } from '../../../local/metrics/self-metrics.ts'
import { createUndeclaredFields } from '../../../local/telling/undeclared-fields.ts'

const REPORT: HealthReport = {
  status: 'degraded',
  parts: {
    ingest: { status: 'ok', lagBytes: 7 },
    speed: { status: 'ok', lagMs: 1500, counted: 3, duplicates: 1 },
    batch: {
      status: 'degraded',
      boundaries: { sales: '2026-01-01T00:00:00Z', late: null },
      held: [{ kind: 'metric', name: 'a "quoted" name' }],
    },
  },
}
const run = (status: Run['status'], report: Run['report'] = {}): Run => ({
  ...{ id: 'r', machine: 'batch', status, input: {}, startedAt: 1000, states: [], report },
  ...(status !== 'running' && { endedAt: 3500 }),
})

async function exposed() {
  const undeclared = createUndeclaredFields({ warn: () => undefined })
  const events = createEventCounts(undeclared)
  const requests = createRequestCounts()
  const runs = countedRuns({ put: async () => undefined, get: async () => undefined, list: async () => [] })
  const rejected = [{ index: 1, id: null, code: 'schema_violation', detail: '' }]
  await events.counted(async () => ({
    accepted: 2,
    rejected,
    retry: [3],
    retryAfterSeconds: 1,
    rounded: 0,
    undeclared: [{ type: 'com.example.order', names: ['cupon', 'colour'] }],
  }))()
  requests.answered('POST /v1/events', 202, 3)
  requests.answered('POST /v1/events', 503, 40_000)
  const metrics = { sales: { compared: 5, different: 2 }, added: 'added later' }
  await runs.put(run('running'))
  await runs.put(run('succeeded', { epochs: { e: { reconciliation: { metrics } }, idle: {} } }))
  await runs.put(run('failed'))
  const registry = selfMetrics({
    ...{ health: async () => REPORT, events, undeclared, requests, runs: async () => runs.counts() },
  })
  return (await registry.metrics()).split('\n')
}

test('the numbers of health, of events, requests and runs are there, in base units', async () => {
  const lines = await exposed()
  for (const line of [
    'tributary_log_lag_bytes 7',
    'tributary_speed_lag_seconds 1.5',
    'tributary_events_counted_total 3',
    'tributary_part_up{part="batch"} 0',
    'tributary_held{kind="metric",name="a \\"quoted\\" name"} 1',
    'tributary_boundary_timestamp_seconds{metric="sales"} 1767225600',
    'tributary_undeclared_fields{type="com.example.order"} 2',
    'tributary_events_accepted_total 2',
    'tributary_events_rejected_total{code="schema_violation"} 1',
    'tributary_events_refused_total 1',
    'tributary_http_requests_total{route="POST /v1/events",status="503"} 1',
    'tributary_http_request_duration_seconds_bucket{route="POST /v1/events",le="0.005"} 1',
    'tributary_http_request_duration_seconds_bucket{route="POST /v1/events",le="30"} 1',
    'tributary_http_request_duration_seconds_bucket{route="POST /v1/events",le="+Inf"} 2',
    'tributary_http_request_duration_seconds_count{route="POST /v1/events"} 2',
    'tributary_runs_total{machine="batch",outcome="succeeded"} 1',
    'tributary_runs_duration_seconds_total{machine="batch",outcome="failed"} 2.5',
    'tributary_partials_compared_total 5',
    'tributary_partials_different_total 2',
  ])
    expect(lines).toContain(line)
})

test('what only grows is a counter and ends in _total, and each metric says what it is', async () => {
  const lines = await exposed()
  const types = lines
    .filter(line => line.startsWith('# TYPE tributary_'))
    .map(line => line.split(' ').slice(2))
  for (const [name, type] of types) {
    expect([name, type === 'counter']).toEqual([name, name!.endsWith('_total')])
    expect(name).not.toMatch(/_ms$|milli/)
    expect(lines.filter(line => line.startsWith(`# HELP ${name} `))).toHaveLength(1)
  }
  expect(types.length).toBeGreaterThan(20)
})
