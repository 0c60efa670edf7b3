import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { operand } from '../../../core/sql/operand.ts'

/** Expressions over numbers and texts, the ones that generators put together among them. */
const { expression } = fc.letrec<{ expression: string }>(tie => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('1', '7', '"a)b"', 'c', "length('()')", "length(')(') - 1", 'abs(-3)'),
    fc
      .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '%'), tie('expression'))
      .map(all => all.join(' ')),
    tie('expression').map(inner => `(${inner})`),
    tie('expression').map(inner => `abs(${inner})`),
    tie('expression').map(inner => `CASE WHEN ${operand(inner)} > 2 THEN 1 ELSE 5 END`),
  ),
}))

describe('an operand', () => {
  test('means in front of an operator, and behind it, what it means alone', async () => {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const from = `(SELECT 3 AS "a)b", 11 AS c) AS t`
    await fc.assert(
      fc.asyncProperty(expression, async sql => {
        const inside = `100 - ${operand(sql)} * 2, ${operand(sql)} - 1`
        const alone = `100 - (${sql}) * 2, (${sql}) - 1`
        const rows = await connection.runAndReadAll(`SELECT ${inside}, ${alone} FROM ${from}`)
        const [a, b, c, d] = rows.getRowsJson()[0]!
        expect([a, b]).toEqual([c, d])
      }),
    )
    connection.closeSync()
    instance.closeSync()
  })

  test('that is a name, a number or one call has no parentheses around it', () => {
    for (const sql of ['v3', '"odd ""name"', '`odd`', '42', 'md5(v3)', '(a + b)', 'f(g(x), (y))'])
      expect(operand(sql)).toBe(sql)
    for (const sql of ['a + b', '(a) + (b)', 'f(x) || g(y)', "'a' || b", '-1', 'CASE WHEN a THEN b END'])
      expect(operand(sql)).toBe(`(${sql})`)
  })
})
