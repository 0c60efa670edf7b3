import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CellKind,
  type CellValue,
  combineCell,
  combineCells,
  emptyCell,
  formatCell,
  formatCells,
  packCells,
  parseCell,
  parseCells,
  unpackCells,
} from '../../../core/cells/cells.ts'
import { addToHistogram } from '../../../core/cells/histogram.ts'
import { addDistinct, folded } from '../../../core/cells/sketches/distinct-values.ts'
import { narrow } from '../../../core/data/decimal.ts'

const scaled = fc
  .oneof(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: -3, max: 3 }).map(BigInt))
  .map(narrow)

function vectorOf<T>(
  values: fc.Arbitrary<T>,
  add: (vector: number[], value: T) => void,
): fc.Arbitrary<CellValue> {
  return fc.array(values, { maxLength: 20 }).map(all => {
    const vector: number[] = []
    for (const value of all) add(vector, value)
    return vector
  })
}

/**
 * Sets on both sides of where hashes become registers, and registers of as few values as earlier versions
 * kept.
 */
const distinct = fc
  .tuple(fc.nat(300), fc.oneof(fc.nat(20), fc.nat(300)), fc.boolean())
  .map(([from, size, isOld]) => {
    const cell: number[] = []
    for (let i = from; i < from + size; i++) addDistinct(cell, i)
    return isOld ? folded(cell) : cell
  })

/** Few times and receipts, so that cells tie; JSON of any text. */
const keyed = fc.record({
  time: fc.constantFrom(-62_135_596_800_000, -1, 0, 1, 253_402_300_799_999),
  receipt: fc.constantFrom('1763720000123-k3x9a0-00001f-0003', '1763720000123-k3x9a0-00001f-0004'),
  json: fc
    .oneof(fc.string({ unit: 'binary' }), fc.double({ noNaN: true }), fc.boolean())
    .map(v => JSON.stringify(v)),
})

const cellOf: Record<CellKind, fc.Arbitrary<CellValue>> = {
  count: fc.nat(),
  sum: fc.option(scaled, { freq: 5 }),
  min: fc.option(scaled, { freq: 5 }),
  max: fc.option(scaled, { freq: 5 }),
  registers: distinct,
  bins: vectorOf(scaled, addToHistogram),
  first: fc.option(keyed, { freq: 5 }),
  last: fc.option(keyed, { freq: 5 }),
  squares: fc.option(scaled, { freq: 5 }),
}
const KINDS = Object.keys(cellOf) as CellKind[]

describe.each(KINDS)('cells of kind %s', kind => {
  const cell = cellOf[kind]
  const combine = (a: CellValue, b: CellValue) => combineCell(kind, a, b)

  test('combine in any order and grouping', () => {
    fc.assert(
      fc.property(cell, cell, cell, (a, b, c) => {
        expect(combine(a, b)).toEqual(combine(b, a))
        expect(combine(combine(a, b), c)).toEqual(combine(a, combine(b, c)))
      }),
      { numRuns: 200 },
    )
  })

  test('have an identity', () => {
    fc.assert(
      fc.property(cell, a => {
        expect(combine(a, emptyCell(kind))).toEqual(a)
        expect(combine(emptyCell(kind), a)).toEqual(a)
      }),
    )
  })

  test('are left as they were by combining', () => {
    fc.assert(
      fc.property(cell, cell, (a, b) => {
        const before = [formatCell(kind, a), formatCell(kind, b)]
        combine(a, b)
        expect([formatCell(kind, a), formatCell(kind, b)]).toEqual(before)
      }),
    )
  })

  test('are the same after formatting and parsing', () => {
    fc.assert(
      fc.property(cell, a => {
        expect(parseCell(kind, formatCell(kind, a))).toEqual(a)
      }),
    )
  })

  test('have one text for one value', () => {
    fc.assert(
      fc.property(cell, cell, (a, b) => {
        const text = formatCell(kind, combine(a, b))
        expect(text).toBe(formatCell(kind, combine(b, a)))
        expect(formatCell(kind, parseCell(kind, text))).toBe(text)
      }),
    )
  })
})

const partial = fc.tuple(...KINDS.map(kind => cellOf[kind]))

test('a partial is the same after formatting and parsing', () => {
  fc.assert(
    fc.property(partial, cells => {
      expect(parseCells(KINDS, formatCells(KINDS, cells))).toEqual(cells)
    }),
  )
})

test('a partial is the same after packing and unpacking', () => {
  fc.assert(
    fc.property(partial, cells => {
      expect(unpackCells(KINDS, packCells(KINDS, cells))).toEqual(cells)
    }),
  )
})

test('packed cells have no line end, and no tab but between two', () => {
  fc.assert(
    fc.property(partial, cells => {
      expect(packCells(KINDS, cells).split(/[\t\n]/)).toHaveLength(KINDS.length)
    }),
  )
})

test.each(['first', 'last'] as const)(
  'the text of %s sorts as the events do, by time and then receipt',
  kind => {
    fc.assert(
      fc.property(keyed, keyed, (a, b) => {
        const kept = formatCell(kind, combineCell(kind, a, b))!
        const [low, high] = [formatCell(kind, a)!, formatCell(kind, b)!].sort((x, y) =>
          Buffer.compare(Buffer.from(x), Buffer.from(y)),
        )
        expect(kept).toBe(kind === 'first' ? low : high)
      }),
      { numRuns: 500 },
    )
  },
)

test('partials combine cell by cell', () => {
  fc.assert(
    fc.property(partial, partial, (a, b) => {
      expect(combineCells(KINDS, a, b)).toEqual(KINDS.map((kind, i) => combineCell(kind, a[i]!, b[i]!)))
    }),
  )
})

test('numbers are written as decimal digits, sketches as index:value entries by index, nothing as null', () => {
  const bins: number[] = []
  for (const value of [5, -1234, 5, 10n ** 17n]) addToHistogram(bins, value)
  expect(formatCells(['count', 'sum', 'max', 'bins', 'registers'], [3, -(10n ** 20n), null, bins, []])).toBe(
    '["3","-100000000000000000000",null,"-1023:1 5:2 13600:1",""]',
  )
})

test('packed cells are the text that stores hold', () => {
  const bins: number[] = []
  for (const value of [5, -1234, 5, 10n ** 17n]) addToHistogram(bins, value)
  const hashes: number[] = []
  for (const value of ['a', 'b', 'c']) addDistinct(hashes, value)
  expect(
    packCells(
      ['count', 'sum', 'max', 'min', 'bins', 'registers'],
      [3, -(10n ** 20n), null, -5, bins, folded(hashes)],
    ),
  ).toBe('3\t-100000000000000000000\t\t-5\t-/fkgB7oN,BCB\tsG8emkB,EBB')
  expect(packCells(['registers'], [hashes])).toBe('0CC175B9C0F1B 4A8A08F09D37B 92EB5FFEE6AE2')
  const kept = { time: Date.UTC(2026, 0, 1), receipt: '1763720000123-k3x9a0-00001f-0003', json: '"a"' }
  const text = '063902822400000 1763720000123-k3x9a0-00001f-0003 "a"'
  expect(packCells(['first', 'last', 'squares'], [kept, null, 10n ** 20n])).toBe(`${text}\t\t${10n ** 20n}`)
})
