import { beforeEach, describe, expect, test } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import type { RunLock } from '../../../core/ports/run-lock.ts'
import type { RunJournal } from '../../../core/ports/runs.ts'
import { createEmbeddedRunLock } from '../../../drivers/run-lock/embedded.ts'
import { type RecordedHandler, recorded } from '../../../functions/batch/recorded.ts'

const NOW = Date.UTC(2026, 10, 1)
const LATER = { run: 'r1', state: 'RefineType', entered: '2026-11-01T00:00:01.250Z', type: 'order' }
const FIRST = {
  ...{ run: 'r1', state: 'Plan', entered: '2026-11-01T00:00:00.5Z', turn: 0 },
  ...{ machine: 'batch', execution: 'arn:batch:r1', started: '2026-11-01T00:00:00Z' },
}
const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 30_000 }

describe('a recorded task', () => {
  let calls: unknown[]
  let journal: RunJournal
  let lock: RunLock
  beforeEach(() => {
    calls = []
    const note =
      (name: string) =>
      async (...args: readonly unknown[]): Promise<void> =>
        void calls.push([name, ...args])
    journal = {
      open: note('open'),
      entered: note('entered'),
      report: note('report'),
      close: note('close'),
    }
    lock = { take: note('take'), enter: note('enter'), leave: note('leave') }
  })
  const run = (handler: RecordedHandler, payload: unknown = LATER) =>
    recorded(handler, { journal, lock, now: () => NOW })(payload, context)
  const task = { run: 'r1', id: 'request-1', endsBy: NOW + 35_000 }

  test('shows that its run holds the lock, records its state, works, and records its report', async () => {
    const handler: RecordedHandler = (payload, { timeLeft }) => {
      calls.push(['work', payload, timeLeft()])
      return { raw: 3, report: { epochs: { e1: { raw: 3 } } } }
    }
    expect(await run(handler)).toEqual({ raw: 3 })
    expect(calls).toEqual([
      ['enter', task],
      ['entered', 'r1', { name: 'RefineType', enteredAt: NOW + 1250 }],
      ['work', LATER, 30_000],
      ['leave', task],
      ['report', 'r1', { epochs: { e1: { raw: 3 } } }],
    ])
  })

  test('takes the lock and opens the record when it is the first of its machine', async () => {
    await run(() => ({ status: 'done', report: {} }), FIRST)
    expect(calls).toEqual([
      ['take', task, 'arn:batch:r1'],
      ['open', { id: 'r1', machine: 'batch', startedAt: NOW }],
      ['entered', 'r1', { name: 'Plan', enteredAt: NOW + 500 }],
      ['leave', task],
    ])
  })

  test('does not work while another run holds the lock', async () => {
    lock = { ...lock, take: () => Promise.reject(new TributaryError('busy', 'run b goes on')) }
    let worked = false
    await expect(run(() => (worked = true), FIRST)).rejects.toMatchObject({ name: 'busy' })
    expect([worked, calls]).toEqual([false, []])
  })

  test('fails, to be done again, when its report cannot be recorded', async () => {
    const failure = new TributaryError('storage_failed', 'the table is away')
    journal = { ...journal, report: () => Promise.reject(failure) }
    await expect(run(() => ({ report: { more: true } }))).rejects.toBe(failure)
  })

  test('leaves the lock after a failure too, and fails with it', async () => {
    const failure = new TributaryError('raw_incomplete', 'epoch 7 misses 3 events')
    lock = {
      ...lock,
      leave: async left => {
        calls.push(['leave', left])
        throw new Error('the lock cannot be left')
      },
    }
    await expect(run(() => Promise.reject(failure))).rejects.toBe(failure)
    expect(calls.at(-1)).toEqual(['leave', task])
  })

  test('refuses a payload that does not say whose it is', async () => {
    const { run: _, ...nobody } = LATER
    await expect(run(() => 1, nobody)).rejects.toMatchObject({ code: 'bad_request' })
    await expect(run(() => 1, { ...LATER, entered: 'now' })).rejects.toMatchObject({ code: 'bad_request' })
  })

  test('answers what has no report as it is', async () => {
    lock = createEmbeddedRunLock()
    expect(await run(() => 7)).toBe(7)
    expect(await run(() => undefined)).toBeUndefined()
  })
})
