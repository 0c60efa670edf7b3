import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstSight } from '../../../core/fold/first-sight.ts'

const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'))

test('what is known stays as it is, what is new is whole from the next epoch on, and nothing else is kept', () => {
  fc.assert(
    fc.property(ids, ids, fc.nat(100), (before, declared, firstWhole) => {
      const known = new Map(before.map((id, i) => [id, i]))
      const since = firstSight(known, declared, firstWhole)
      expect([...since.keys()]).toEqual(declared)
      for (const id of declared) expect(since.get(id)).toBe(known.get(id) ?? firstWhole)
    }),
  )
})

test('a metric that is taken out and put back is seen for the first time again', () => {
  const first = firstSight(new Map([['a', 0]]), ['b'], 10)
  expect(firstSight(first, ['a', 'b'], 20)).toEqual(
    new Map([
      ['a', 20],
      ['b', 10],
    ]),
  )
})
