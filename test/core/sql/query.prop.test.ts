import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { duckdbDialect } from '../../../core/sql/duckdb/duckdb.ts'
import { join, type Query, query } from '../../../core/sql/query.ts'
import { rowsIn } from '../../contracts/lake-engine.ts'

const { scan } = duckdbDialect('/lake')
const text = fc.string({ unit: 'binary' })
const scanned: fc.Arbitrary<Query> = fc
  .array(text, { minLength: 1, maxLength: 3 })
  .map(parts => scan([rowsIn(...parts)]))
const piece = fc.oneof(text, scanned)
const textOf = (part: Query | string) => (typeof part === 'object' ? part.sql : part)
const readsOf = (parts: readonly (Query | string)[]) =>
  parts.flatMap(part => (typeof part === 'object' ? part.reads : []))

describe('a query', () => {
  test('is its pieces in order, as they stand, and reads what they read', () => {
    fc.assert(
      fc.property(piece, piece, fc.integer(), (a, b, n) => {
        const whole = query`SELECT \n ${a}${n} FROM (${b}) AS b`
        expect(whole.sql).toBe(`SELECT \n ${textOf(a)}${n} FROM (${textOf(b)}) AS b`)
        expect(whole.reads).toEqual(readsOf([a, b]))
      }),
    )
  })

  test('reads what lies deep within it, each relation once', () => {
    fc.assert(
      fc.property(scanned, scanned, (a, b) => {
        const inner = query`SELECT * FROM ${a} AS a JOIN ${b} AS b ON a.n = b.n`
        const outer = query`SELECT * FROM (${inner}) AS i WHERE n IN (SELECT n FROM ${a} AS again)`
        expect(outer.reads).toEqual([...a.reads, ...b.reads])
      }),
    )
  })

  test('joined from pieces is their texts with the separator between them', () => {
    fc.assert(
      fc.property(fc.array(piece), text, (parts, separator) => {
        const joined = join(parts, separator)
        expect(joined.sql).toBe(parts.map(textOf).join(separator))
        expect(joined.reads).toEqual(readsOf(parts))
      }),
    )
  })
})
