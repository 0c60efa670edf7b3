import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSequences, numberOf } from '../../../core/memory/sequences.ts'

const numbered = (numbers: readonly number[], source = '/shop') =>
  numbers.map((number, index) => ({ index, source, number }))

/** A memory that is asked with numbers of one source, and answers ranges. */
function asking(mostSources?: number) {
  const sequences = createSequences(mostSources)
  let now = 0
  return (numbers: readonly number[], source = '/shop', from = 'key') =>
    sequences.note(numbered(numbers, source), from, now++).map(one => [one.from, one.to])
}

describe('numbers of a source', () => {
  test('that have not been seen so far are told from and to, with the time since when they were looked at', () => {
    const sequences = createSequences()
    expect(sequences.note(numbered([1, 2]), 'key', 100)).toEqual([])
    expect(sequences.note(numbered([7, 4]), 'key', 200)).toEqual([
      { source: '/shop', from: 3, to: 3, since: 100 },
      { source: '/shop', from: 5, to: 6, since: 100 },
    ])
    expect(sequences.note(numbered([8]), 'key', 300)).toEqual([])
  })

  test('may come in any order within a request, and later, and again', () => {
    const ask = asking()
    expect(ask([3, 1, 2])).toEqual([])
    expect(ask([5])).toEqual([[4, 4]])
    expect(ask([4])).toEqual([])
    expect(ask([1, 2, 3, 4, 5])).toEqual([])
    expect(ask([6])).toEqual([])
  })

  test('begin anywhere, as after a start', () => {
    const ask = asking()
    expect(ask([1000, 1001])).toEqual([])
    expect(ask([999])).toEqual([])
    expect(ask([1003])).toEqual([[1002, 1002]])
  })

  test('of a source that does not count by ones are no gaps', () => {
    const ask = asking()
    expect(ask([1763720000123])).toEqual([])
    expect(ask([1763720000823, 1763720001900])).toEqual([])
    expect(ask([1763720005000])).toEqual([])
  })

  test('are of one source and one sender, for the sources heard of last', () => {
    const ask = asking(2)
    ask([1, 2])
    expect(ask([9], '/shop', 'another key')).toEqual([])
    expect(ask([9], '/other')).toEqual([])
    // Forgotten by now, it begins again.
    expect(ask([9])).toEqual([])
  })

  test('are never told that were seen, and all that are between two seen ones are', () => {
    const requests = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), {
      minLength: 1,
    })
    fc.assert(
      fc.property(requests, all => {
        const ask = asking()
        ask([0, 1])
        const seen = new Set([0, 1])
        for (const numbers of all) {
          const before = Math.max(...seen)
          for (const number of numbers) seen.add(number)
          const told = ask(numbers).flatMap(([from, to]) =>
            Array.from({ length: to! - from! + 1 }, (_, i) => from! + i),
          )
          const between = Array.from({ length: Math.max(...seen) - before }, (_, i) => before + 1 + i)
          expect(told).toEqual(between.filter(number => !seen.has(number)))
        }
      }),
    )
  })
})

test('a number is one of digits, or a whole one, and no other kind of sequence', () => {
  const of = (sequence: unknown, more: object = {}) => numberOf({ source: '/s', sequence, ...more })
  expect([of('7'), of('0007'), of(7), of('7', { sequencetype: 'Integer' })]).toEqual([7, 7, 7, 7])
  const none = [undefined, null, 'a1', '', '-1', -1, 1.5, '1'.repeat(16), true]
  expect(none.map(one => of(one))).toEqual(none.map(() => undefined))
  expect(of('7', { sequencetype: 'Custom' })).toBeUndefined()
  expect(of('7', { source: 'x'.repeat(2000) })).toBeUndefined()
})
