import { expect, test } from 'vitest'
import { createWarehouseWatch } from '../../../local/batch/warehouse-watch.ts'

test('a warehouse is behind since the first look that found it so, until one finds nothing', () => {
  let now = Date.parse('2026-11-01T00:00:00Z')
  const watch = createWarehouseWatch(() => now)
  expect(watch.lag()).toEqual({ behind: {}, since: null, behindMs: 0 })
  watch.noted({ '*': 'connection refused' })
  now += 60_000
  watch.noted({ trip: 'it is a view' })
  now += 1000
  expect(watch.lag()).toEqual({
    behind: { trip: 'it is a view' },
    since: '2026-11-01T00:00:00Z',
    behindMs: 61_000,
  })
  watch.noted({})
  expect(watch.lag()).toEqual({ behind: {}, since: null, behindMs: 0 })
})
