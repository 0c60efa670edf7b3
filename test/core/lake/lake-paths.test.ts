import { expect, test } from 'vitest'
import { journalOfMetric, journalPath, parseJournalPath } from '../../../core/lake/lake-paths.ts'

const EPOCH = Date.parse('2026-11-01T07:00:00Z')

test('a journal tells its epoch and generation by its name', () => {
  expect(parseJournalPath(journalPath('trips.1f', EPOCH, 12))).toEqual({ epoch: EPOCH, generation: 12 })
})

test('journals of all epochs lie in one folder, so that none is left behind empty by each epoch', () => {
  const rest = journalPath('trips.1f', EPOCH, 12).slice(`${journalOfMetric('trips.1f')}/`.length)
  expect(rest).not.toContain('/')
})

test('a journal of an older version, in a folder of its epoch, is read', () => {
  const older = 'journal/metric=trips.1f/epoch=20261101T070000Z/generation=3.parquet'
  expect(parseJournalPath(older)).toEqual({ epoch: EPOCH, generation: 3 })
})
