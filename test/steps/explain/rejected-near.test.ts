import { expect, test } from 'vitest'
import type { ListedRejection, RejectedQuery } from '../../../core/ports/rejected.ts'
import { rejectedNear } from '../../../steps/explain/rejected-near.ts'

const HOUR = 3_600_000
const rejection = (at: number, code: string, event: string): ListedRejection => ({
  ...{ receipt: String(at), receivedAt: at, type: 't', id: 'x', code, detail: '', event, replayed: false },
})
const question = { type: 't', epochs: [0, 2 * HOUR], epochLength: HOUR, values: ['JFK', 7] }

test('rejected events of the epochs are counted by code, and those that name the group come first', async () => {
  const asked: RejectedQuery[] = []
  const events = [
    rejection(1, 'invalid', '{"origin":"LAX","gate":7}'),
    rejection(2, 'invalid', '{"origin":"JFK","gate":7}'),
    rejection(HOUR, 'invalid', '{"origin":"JFK","gate":7}'),
    rejection(2 * HOUR, 'late', '{}'),
  ]
  const list = async (query: RejectedQuery) => {
    asked.push(query)
    return { events, next: undefined }
  }
  expect(await rejectedNear({ list }, question)).toEqual({
    total: 3,
    byCode: [
      { code: 'invalid', events: 2 },
      { code: 'late', events: 1 },
    ],
    naming: 1,
    first: [events[1], events[0], events[3]],
    isWhole: true,
  })
  expect(asked).toEqual([{ type: 't', from: 0, limit: 1000 }])
})

test('more of them than a question looks at are said to be more, unless they came later', async () => {
  const wholeOf = async (last: number) =>
    (
      await rejectedNear(
        { list: async () => ({ events: [rejection(last, 'c', '')], next: 'more' }) },
        question,
      )
    ).isWhole
  expect(await wholeOf(HOUR)).toBe(false)
  expect(await wholeOf(3 * HOUR)).toBe(true)
})

test('a cell without epochs has no rejected events beside it', async () => {
  const list = () => Promise.reject(new Error('not asked'))
  expect(await rejectedNear({ list }, { ...question, epochs: [] })).toMatchObject({ total: 0, isWhole: true })
})
