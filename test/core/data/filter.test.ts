import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldsOf } from '../../../core/data/fields.ts'
import { type Condition, compareText, compileFilter } from '../../../core/data/filter.ts'

const fields = fieldsOf(
  {
    type: 'object',
    properties: {
      t: { type: ['string', 'null'] },
      n: { type: 'number' },
      i: { type: 'integer' },
      b: { type: 'boolean' },
    },
  },
  2,
)
const passes = (name: string, condition: Condition, data: Record<string, unknown>) =>
  compileFilter([{ field: fields.find(field => field.name === name)!, condition }])!(data)

describe('a filter', () => {
  test.each<[string, Condition, unknown[], unknown[]]>([
    ['t', { eq: 'a' }, ['a'], ['A', '', null, undefined]],
    ['t', { eq: null }, [null], ['null', '', undefined]],
    ['t', { in: ['a', null] }, ['a', null], ['b', undefined]],
    ['t', { in: [] }, [], ['a', null, undefined]],
    ['t', { exists: true }, ['', 'a'], [null, undefined]],
    ['t', { exists: false }, [null, undefined], ['', 'a']],
    ['t', { gt: 'a' }, ['aa', 'b', 'é', '😀'], ['a', 'A', '', null, undefined]],
    ['t', { lt: '\uffff' }, ['a', '\ufffe'], ['\uffff', '😀', '\u{10ffff}', null, undefined]],
    ['n', { eq: 1.01 }, [1.005, 1.01, 1.0149], [1, 1.015, null, undefined]],
    ['n', { eq: 1.005 }, [], [1, 1.005, 1.01, null, undefined]],
    ['n', { in: [1.005, 2] }, [2], [1, 1.01, null, undefined]],
    ['n', { gt: 0.005 }, [0.01, 1], [0, -0.01, null, undefined]],
    ['n', { lte: -0.005 }, [-0.01, -1], [0, 0.01, null, undefined]],
    ['i', { gt: 4.5 }, [5, 6], [4, -5, null, undefined]],
    ['i', { gte: 4.5 }, [5, 6], [4, -5, null, undefined]],
    ['i', { lt: 4.5 }, [4, -5], [5, 6, null, undefined]],
    ['i', { lte: 4.5 }, [4, -5], [5, 6, null, undefined]],
    ['i', { gt: -4.5, lt: 0.1 }, [-4, 0], [-5, 1, null, undefined]],
    ['i', { eq: 4.5 }, [], [4, 5, null, undefined]],
    ['i', { gt: 1e-300 }, [1], [0, -1, null, undefined]],
    ['n', { gt: 0 }, [0.005, 1], [0, -0, 0.0049, -1, null, undefined]],
    ['n', { gte: 0 }, [0, -0, -0.0049, 1], [-0.005, null, undefined]],
    ['n', { lt: 1e12 }, [999_999_999_999, -1e12], [1e12, null, undefined]],
    ['n', { in: [0.1, 0.3] }, [0.1, 0.3, 0.1 + 0.2], [0.2, null, undefined]],
    ['i', { gte: 2 ** 53 - 1 }, [2 ** 53 - 1], [2 ** 53 - 2, null, undefined]],
    ['i', { gt: 1, lte: 3 }, [2, 3], [1, 4, null, undefined]],
    ['b', { eq: false }, [false], [true, null, undefined]],
    ['b', { in: [true, false] }, [true, false], [null, undefined]],
  ])('on %s with %j tells what passes from what does not', (name, condition, passing, failing) => {
    const dataOf = (value: unknown) => (value === undefined ? {} : { [name]: value })
    expect(passing.filter(value => !passes(name, condition, dataOf(value)))).toEqual([])
    expect(failing.filter(value => passes(name, condition, dataOf(value)))).toEqual([])
  })

  test('with conditions on several fields wants all of them', () => {
    const filter = fields.slice(0, 2).map(field => ({ field, condition: { exists: true } }))
    const both = compileFilter(filter)!
    expect([both({ t: '', n: 0 }), both({ t: '' }), both({ n: 0 })]).toEqual([true, false, false])
  })

  test('without conditions is none', () => {
    expect(compileFilter([])).toBeUndefined()
  })

  test('orders text by its UTF-8 bytes', () => {
    const text = fc.string({ unit: 'binary', maxLength: 5 })
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
      { numRuns: 2000 },
    )
  })
})
