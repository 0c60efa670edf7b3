import { expect, test } from 'vitest'
import { batchStatus } from '../../../local/batch/batch-status.ts'
import { loadDeclared, SAMPLE } from '../../declared.ts'

const { pipeline } = await loadDeclared(SAMPLE)
const HOUR = 3_600_000
const NOW = Date.UTC(2026, 0, 2)

const statusAt = (boundary: number | undefined, batchesEvery: number | undefined) =>
  batchStatus(
    {
      ...{ pipeline, epochLength: HOUR, batchesEvery, now: () => NOW },
      holds: { list: async () => [] },
      batch: {
        boundary: async () =>
          boundary === undefined ? undefined : { epoch: boundary, generation: 1, run: 'r', movedAt: 0 },
      },
    },
    [],
  )

test('a boundary that should have moved by its schedule stands, and is named', async () => {
  const all = pipeline.metrics.map(({ name }) => name)
  expect((await statusAt(NOW - 5 * HOUR, HOUR)).standing).toEqual(all)
  expect((await statusAt(NOW - 4 * HOUR, HOUR)).standing).toEqual([])
  expect((await statusAt(NOW - 24 * HOUR, 24 * HOUR)).standing).toEqual([])
})

test('nothing stands before the first batch, nor where none is scheduled', async () => {
  expect((await statusAt(undefined, HOUR)).standing).toEqual([])
  expect((await statusAt(0, undefined)).standing).toEqual([])
})
