import { expect, test } from 'vitest'
import type { Run } from '../../../core/ports/runs.ts'
import { lastFailure } from '../../../steps/batch/last-failure.ts'

const pipeline = { schedules: [{ name: 'daily', machine: 'delivery', when: 'epoch-close' as const }] }
const run = (machine: string, status: Run['status']): Run => ({
  ...{ id: `${machine}-1`, machine, status, input: {}, startedAt: 0, states: [], report: {} },
  ...(status === 'failed' && { error: { name: 'storage_failed', cause: 'no space' } }),
})

test('a machine on a schedule has failed until a run of its own succeeds, whatever other machines do', () => {
  const failed = [run('file-ingest', 'succeeded'), run('delivery', 'failed'), run('delivery', 'succeeded')]
  expect(lastFailure(pipeline, failed)).toBe('storage_failed: no space (run delivery-1 of delivery)')
  const running = [run('delivery', 'running'), ...failed]
  expect(lastFailure(pipeline, running)).toContain('storage_failed')
  expect(lastFailure(pipeline, [run('delivery', 'succeeded'), ...failed])).toBeNull()
  expect(lastFailure(pipeline, [run('batch', 'failed')])).toContain('of batch')
})

test('a run that was started by hand, and one of the warehouse, which has a part of its own, say nothing', () => {
  expect(lastFailure(pipeline, [run('backfill', 'failed'), run('warehouse', 'failed')])).toBeNull()
})
