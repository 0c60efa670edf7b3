import { expect, test } from 'vitest'
import { differencesOf } from '../../../../steps/batch/reconcile/differences.ts'

test('the log is told which numbers differ, and not the groups, which are values of events', () => {
  const group = '{"email":"ada@example.org"}'
  const mismatches = [{ window: 0, group, batch: ['1'], speed: ['2'] }]
  const numbers = { accepted: 2, received: 2, counted: 2, raw: 2, curated: 2, duplicates: 0 }
  const found = differencesOf({
    ...{ epoch: Date.parse('2026-01-31T12:00:00Z'), ok: false },
    types: {
      'com.example.order': { ...numbers, problems: ['raw 3 ≠ curated + duplicates 2'] } as never,
      'com.example.visit': { ...numbers, problems: [] } as never,
    },
    metrics: {
      by_buyer: { compared: 40, different: 2, mismatches } as never,
      by_shop: { compared: 4, different: 0 },
      by_day: 'added later',
    },
  })
  expect(found).toEqual({
    epoch: '2026-01-31T12:00:00Z',
    'com.example.order': 'raw 3 ≠ curated + duplicates 2',
    by_buyer: '2 of 40 differ',
  })
})
