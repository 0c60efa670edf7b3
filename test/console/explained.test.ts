import { expect, test } from 'vitest'
import type { Explanation } from '../../console/data/api.ts'
import {
  addressAround,
  addressOfNumber,
  callOf,
  exactShare,
  verdictOf,
} from '../../console/data/explained.ts'
import type { Question } from '../../console/data/question.ts'

const question = {
  ...{ metric: { name: 'flights_daily' }, measure: 'flights', window: 'day', by: ['origin'] },
  ...{ where: [['origin', 'LAX'] as const, ['carrier', 'A&B'] as const] },
} as unknown as Question

test('a cell leads to an address that asks for it, and back to the numbers around it', () => {
  const address = addressOfNumber(
    question,
    { window: '2026-01-31T00:00:00Z', group: { origin: null } },
    'longest',
  )
  const query = new URLSearchParams(address.split('?')[1])
  expect(Object.fromEntries(query)).toEqual({
    ...{
      metric: 'flights_daily',
      measure: 'longest',
      at: '2026-01-31T00:00:00Z',
      window: 'day',
      by: 'origin',
    },
    // The group says the origin, so only the other condition is one.
    ...{ group: '{"origin":null}', 'where.carrier': 'A&B' },
  })
  const call = new URLSearchParams(callOf(query, 'page-2')!.split('?')[1])
  expect([call.get('metric'), call.get('measure'), call.get('after')]).toEqual([null, null, 'page-2'])
  expect([call.get('group'), call.get('where.carrier')]).toEqual(['{"origin":null}', 'A&B'])
  expect(addressAround(query)).toBe(
    '/explore?metric=flights_daily&measure=longest&window=day&by=origin&range=all&where.carrier=A%26B',
  )
  expect(callOf(new URLSearchParams('metric=flights_daily'))).toBe(undefined)
})

const part = (layer: 'batch' | 'real-time', events: number | null, state = 'adds up') =>
  ({ layer, events, state }) as Explanation['parts'][number]
const found = (addsUp: boolean, parts: Explanation['parts'], values: object | null = {}) =>
  ({ addsUp, parts, values }) as Explanation

test.each([
  ['proved', found(true, [part('batch', 3)])],
  ['empty', found(true, [], null)],
  ['moving', found(false, [part('batch', 3), part('real-time', 1, 'filling')])],
  // All parts were counted, and yet not the number: the boundary moved in between.
  ['moving', found(false, [part('batch', 3)])],
  ['unread', found(false, [part('batch', null, 'expired'), part('real-time', 1, 'filling')])],
  ['differs', found(false, [part('batch', 3, 'differs'), part('batch', null, 'too large')])],
] as const)('a number is %s by what its parts are', (verdict, explanation) => {
  expect(verdictOf(explanation)).toBe(verdict)
})

test('the share of the batch layer is of events that could be counted', () => {
  expect(exactShare([part('batch', 3), part('real-time', 1), part('batch', null)])).toBe(0.75)
  expect(exactShare([part('batch', null)])).toBe(undefined)
})
