import { describe, expect, test } from 'vitest'
import { type BatchStatus, healthOf } from '../../local/health.ts'
import type { StreamStatus } from '../../local/stream/stream-thread.ts'

const LOG = { lagBytes: 0, queuedBytes: 0, storedBytes: 0, refusing: undefined, clockFloor: 0 }

const EPOCH = { start: '2026-01-31T12:00:00Z', lengthMs: 3_600_000, accepted: 7 }

const STREAM: StreamStatus = {
  speed: { state: 'running', counted: 0, duplicates: 0, retries: 0, dead: 0, lastError: null },
  raw: { state: 'running', records: 0, failures: 0, lastError: null },
  markers: { entries: 0, spilledTables: 0 } as StreamStatus['markers'],
  checkpoint: { at: 0, lastError: null, changedItems: 0 },
}

const BATCH: BatchStatus = {
  ...{ boundaries: {}, standing: [], running: 0, lastFailure: null, held: [], leftOut: [] },
  inbox: { failed: 0, left: 0, files: [] },
  warehouse: { state: 'on', behind: {}, since: null, behindMs: 0 },
  tables: { behind: {}, since: null, behindMs: 0 },
}

const ALERTS = { waiting: 0, oldestMs: 0, failing: {}, notJudged: {} }

type State = {
  readonly log?: Partial<typeof LOG> | { readonly refusing: string }
  readonly clockAhead?: number
  readonly lag?: number
  readonly undeclared?: ReadonlyMap<string, ReadonlySet<string>>
  readonly stream?: StreamStatus | Error
  readonly batch?: BatchStatus | Error
  readonly alerts?: Partial<typeof ALERTS> | Error
}

const answer = async <T>(value: T | Error): Promise<T> => {
  if (value instanceof Error) throw value
  return value
}

/** Health of a platform that was well, and is so now. */
async function healthIn(state: State) {
  let now: State = {}
  const health = healthOf({
    log: () => ({ ...LOG, ...now.log }),
    clockAhead: () => now.clockAhead ?? 0,
    openEpoch: async () => EPOCH,
    lag: () => now.lag ?? 0,
    undeclared: () => now.undeclared ?? new Map(),
    stream: () => answer(now.stream ?? STREAM),
    batch: () => answer(now.batch ?? BATCH),
    alerts: async () => ({ ...ALERTS, ...(await answer(now.alerts ?? {})) }),
  })
  expect(await health()).toMatchObject({ status: 'ok' })
  now = state
  return health()
}

const hold = { kind: 'metric', name: 'm', mode: 'append', epoch: '', since: '', run: 'r' } as const

describe('health', () => {
  test.each<[string, keyof Awaited<ReturnType<typeof healthIn>>['parts'], State, RegExp]>([
    [
      'a destination that fails',
      'alerts',
      { alerts: { failing: { 'webhook:A': 'it answered 503' } } },
      /who cannot be told/,
    ],
    ['messages that wait', 'alerts', { alerts: { waiting: 3, oldestMs: 61_000 } }, /tried again for a day/],
    ['windows that fail', 'alerts', { alerts: { notJudged: { a: 'no answer' } } }, /asked for again/],
    ['alerts that cannot be read', 'alerts', { alerts: new Error('EIO') }, /doctor/],
    ['a full disk', 'ingest', { log: { refusing: 'disk_full' } }, /disk .* is full: make room/],
    ['a log that lags', 'ingest', { log: { refusing: 'lagging' } }, /catching up/],
    ['a clock that was set back', 'ingest', { clockAhead: 5000 }, /clock/],
    ['a speed layer that lags', 'speed', { lag: 60_000 }, /TRIBUTARY_LANES/],
    [
      'a speed layer that has stopped',
      'speed',
      { stream: { ...STREAM, speed: { ...STREAM.speed, state: 'failed' } } },
      /doctor/,
    ],
    [
      'checkpoints that fail',
      'speed',
      { stream: { ...STREAM, checkpoint: { ...STREAM.checkpoint, lastError: 'ENOSPC' } } },
      /the disk has room/,
    ],
    [
      'raw delivery that fails',
      'raw',
      { stream: { ...STREAM, raw: { ...STREAM.raw, lastError: 'ENOSPC' } } },
      /the disk has room/,
    ],
    ['a thread that does not answer', 'raw', { stream: new Error('timeout') }, /start again/],
    ['a run that failed', 'batch', { batch: { ...BATCH, lastFailure: 'no' } }, /runs list/],
    [
      'files of others in the lake',
      'batch',
      { batch: { ...BATCH, leftOut: ['raw/x (copy)'] } },
      /move them out/,
    ],
    ['boundaries that stand', 'batch', { batch: { ...BATCH, standing: ['m'] } }, /runs list/],
    [
      'a metric that is held',
      'batch',
      { batch: { ...BATCH, held: [{ ...hold, code: 'held', detail: '', keys: [] }] } },
      /runs show/,
    ],
    [
      'files put aside',
      'inbox',
      { batch: { ...BATCH, inbox: { failed: 1, left: 0, files: [] } } },
      /into the inbox again/,
    ],
    [
      'a warehouse that does not run',
      'warehouse',
      { batch: { ...BATCH, warehouse: { ...BATCH.warehouse, state: 'unavailable' } } },
      /tries to start it again/,
    ],
    [
      'open tables that are behind',
      'tables',
      { batch: { ...BATCH, tables: { ...BATCH.tables, since: 'x', behind: { 'curated.m': 'no' } } } },
      /table by table/,
    ],
    [
      'tables that are behind',
      'warehouse',
      { batch: { ...BATCH, warehouse: { ...BATCH.warehouse, since: 'x', behind: { m: 'no' } } } },
      /table by table/,
    ],
  ])('says of %s what to do', async (_, part, state, remedy) => {
    const { status, parts } = await healthIn(state)
    expect(status).toBe('degraded')
    expect(parts[part]).toMatchObject({ status: 'degraded', remedy: expect.stringMatching(remedy) })
  })

  test('names fields that no contract does, by their type, and is well all the same', async () => {
    const found = new Map([['com.example.order', new Set(['cupon'])]])
    const { status, parts } = await healthIn({ undeclared: found })
    expect(status).toBe('ok')
    expect(parts['ingest']).toMatchObject({
      undeclared: {
        fields: { 'com.example.order': ['cupon'] },
        remedy: expect.stringMatching(/declare them/),
      },
    })
  })
})
