import { expect, test } from 'vitest'
import { compare, type Results } from '../../bench/peers/batch/results.ts'
import { tablesOf } from '../../bench/peers/row.ts'
import { expectedCounts, sentIn, withId } from '../../bench/peers/stream/resending.ts'

const LINE = JSON.stringify({
  id: '################',
  time: '2026-11-21T10:20:30.000Z',
  data: { hoverboard_id: 7 },
})
const KEY = `7@${Date.parse('2026-11-21T10:00:00Z')}`

test('one place in a hundred sends an event again, with the same id', () => {
  const places = Array.from({ length: 1000 }, (_, place) => sentIn(place))
  expect(places.filter((event, place) => event !== place)).toHaveLength(10)
  expect(withId(LINE, sentIn(199))).toBe(withId(LINE, sentIn(149)))
  expect(withId(LINE, 148)).not.toBe(withId(LINE, 149))
})

test('resent events are expected once in the counts', () => {
  expect(expectedCounts([LINE], 1000)).toEqual({ [KEY]: 990 })
})

const ROW = { window: 0, board: 1, trips: 2, minutes: 3.3, longest: 2.2, shortest: 1.1 }
const THEIRS: Results = {
  hourly: [{ key: '0 1', values: { ...ROW, mean: 1.65, riders: 2, p95: 2.2 } }],
  daily: [],
  minutely: [],
}

function ours(values: Record<string, number>): Results {
  const row = { ...ROW, mean_duration: 1.65, riders: 2, p95_duration: 2.205, ...values }
  return { hourly: [{ key: '0 1', values: row }], daily: [], minutely: [] }
}

test('cells are equal up to the rounding of doubles, a bin and the error of a sketch', () => {
  expect(compare(THEIRS, ours({ minutes: 3.3000000000000003 }))).toEqual({ cells: 7, differing: 0 })
})

test('cells that differ are counted, and rows that one side lacks', () => {
  expect(compare(THEIRS, ours({ minutes: 3.301, p95_duration: 2.25 })).differing).toBe(2)
  expect(compare(THEIRS, { ...ours({}), hourly: [] }).differing).toBe(1)
})

test('a configuration that was not measured keeps its line in the table', () => {
  const row = { suite: 'ingest', system: 'Kafka', configuration: 'batches', figures: {}, note: 'no java' }
  const other = { ...row, system: 'ours', figures: { 'events/s': 1234.5 }, note: '' }
  expect(tablesOf([other, row]).split('\n').slice(2)).toEqual([
    '| ours | batches | 1,235 |  |',
    '| Kafka | batches | – | no java |',
  ])
})
