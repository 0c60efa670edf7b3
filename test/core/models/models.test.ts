import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileStatement } from '../../../core/models/compile-statement.ts'
import { compileModels } from '../../../core/models/models.ts'
import { parseStatement } from '../../../core/models/parse-statement.ts'
import { duckdbDialect } from '../../../core/sql/duckdb/duckdb.ts'
import { orders, pipelineOf } from '../../steps/batch/batch-kit.ts'

const sourced = pipelineOf([orders])
const declared = (models: Readonly<Record<string, string>>) =>
  Object.entries(models).map(([name, text]) => ({ file: `models/${name}.sql`, declaration: { name, text } }))
const compile = (models: Readonly<Record<string, string>>) => compileModels(declared(models), sourced)
const full = (sql: string) => `-- kind: view\n${sql}`

describe('a model', () => {
  test('says what each of its columns is made of, through joins, parts and other models', () => {
    const models = compile({
      b: full('WITH p AS (SELECT c.customer AS id, n * 2 AS twice FROM c) SELECT id, twice FROM p'),
      c: full('SELECT customer, count(*) AS n, sum(amount) AS total FROM curated.order GROUP BY customer'),
    })
    expect(models.map(({ name }) => name)).toEqual(['c', 'b'])
    expect(Object.fromEntries(models[0]!.lineage)).toEqual({
      customer: ['curated.order.customer'],
      n: [],
      total: ['curated.order.amount'],
    })
    expect(Object.fromEntries(models[1]!.lineage)).toEqual({ id: ['c.customer'], twice: ['c.n'] })
    expect(models[0]!.columns).toMatchObject([
      { type: 'bigint' },
      { type: 'bigint' },
      { type: 'decimal', scale: 2 },
    ])
  })

  test.each([
    ['a circle', { a: full('SELECT n FROM b'), b: full('SELECT n FROM a') }, /circle: a → b → a/],
    [
      'a key of the header',
      { a: '-- kind: full\n-- keys: x\nSELECT 1 AS n' },
      /a\.sql line 2: "keys" is not known.*did you mean key/,
    ],
    ['a kind', { a: '-- kind: fool\nSELECT 1 AS n' }, /line 1: kind "fool" is unknown; use full/],
    [
      'a column',
      { a: full('SELECT costumer\nFROM curated.order') },
      /line 2: there is no column "costumer"; did you mean customer/,
    ],
    ['a table', { a: full('SELECT n FROM curated.orders') }, /there is no table "curated.orders"/],
    [
      'a function',
      { a: full('SELECT approx_count_distinct(customer) AS n FROM curated.order') },
      /the function approx_count_distinct is not known/,
    ],
    [
      'a sum of fractions',
      { a: full('SELECT sum(customer / 2) AS n FROM curated.order') },
      /sum: its argument 1 is of type double; cast it first/,
    ],
    [
      'types that differ',
      { a: full("SELECT customer = 'x' AS n FROM curated.order") },
      /it takes bigint and text for one type/,
    ],
    ['SELECT *', { a: full('SELECT * FROM curated.order') }, /SELECT \* names no columns/],
    [
      'ORDER BY',
      { a: full('SELECT customer FROM curated.order ORDER BY 1') },
      /ORDER BY orders rows that a table/,
    ],
    [
      'RIGHT JOIN',
      { a: full('SELECT 1 AS n FROM curated.order RIGHT JOIN curated.visit ON TRUE') },
      /RIGHT JOIN is not known/,
    ],
    [
      'a query in IN',
      { a: full('SELECT 1 AS n FROM curated.order WHERE customer IN (SELECT 1)') },
      /a query in IN/,
    ],
    ['an open text', { a: full("SELECT 'x AS n") }, /line 2: a ' is opened and never closed/],
    [
      'a test',
      { a: '-- kind: full\n-- key: n\n-- test: uniqe n\nSELECT 1 AS n' },
      /line 3: the test "uniqe n" is not known/,
    ],
    [
      "a test's column",
      { a: '-- kind: full\n-- key: n\n-- test: unique m\nSELECT 1 AS n' },
      /the test names the column "m"/,
    ],
    ['a name that is taken', { visit: full('SELECT 1 AS n') }, /a type or metric has the table visit/],
    [
      'an increment over all of another',
      {
        a: '-- kind: incremental\n-- by: curated.visit\n-- key: page\nSELECT v.page FROM curated.visit AS v CROSS JOIN curated.order AS o',
      },
      /it reads all of curated.order.*within: curated.order 2h/,
    ],
  ])('is refused for %s, by name, file and line', (_what, models, message) => {
    expect(() => compile(models as Record<string, string>)).toThrow(message)
  })
})

describe('SQL is understood as an engine does', () => {
  let instance: DuckDBInstance
  beforeAll(async () => {
    instance = await DuckDBInstance.create(':memory:')
  })
  afterAll(() => instance.closeSync())

  // What binds how tightly, and what nulls become, is where a reading of one's own would go wrong.
  test.each([
    '1 + 2 * 3 - 4',
    '-2 + 3',
    '- (2 + 3) * 2',
    '10 - 4 - 3',
    '7 % 4 * 2',
    'NOT TRUE OR TRUE',
    'NOT (TRUE OR TRUE)',
    'TRUE OR TRUE AND FALSE',
    '1 + 1 = 2 AND 3 > 2',
    'NOT 1 = 2',
    '1 BETWEEN 0 AND 2 AND TRUE',
    'NOT 5 BETWEEN 1 AND 2',
    "'a' || 'b' || 'c'",
    "'a' || 'b' = 'ab'",
    'NULL IS NULL AND 1 IS NOT NULL',
    '2 IN (1, 2) OR FALSE',
    '2 NOT IN (1, NULL)',
    "'abc' LIKE 'a%' AND 'abc' NOT LIKE '%d'",
    'CASE WHEN 1 > 2 THEN 1 WHEN 2 > 1 THEN 2 + 3 ELSE 0 END * 2',
    'CAST(2.5 AS BIGINT)',
    '1.50 * 2',
    '-1.25 - 1',
    'coalesce(NULL, 3) + 1',
    'nullif(3, 3) IS NULL',
    'abs(-3) - 1',
    '7 / 2 > 3.4 OR TRUE AND FALSE',
  ])('%s', async text => {
    if (text.startsWith('7 / 2')) return expect(() => parseAndWrite(text)).toThrow(/double and decimal/)
    const connection = await instance.connect()
    const one = async (sql: string) =>
      String((await connection.runAndReadAll(`SELECT CAST((${sql}) AS VARCHAR)`)).getRows()[0]![0])
    const ours = await one(parseAndWrite(text))
    expect(plain(ours)).toEqual(plain(await one(text)))
    connection.closeSync()
  })
})

/** Engines write one number with more or fewer zeros. */
const plain = (text: string) => (Number.isNaN(Number(text)) ? text : Number(text))

function parseAndWrite(text: string): string {
  const statement = parseStatement(`SELECT ${text} AS x`, 'x.sql')
  const sources = { columns: () => undefined, relation: () => ({ sql: '', reads: [] }) }
  const { query } = compileStatement(statement, { file: 'x.sql', dialect: duckdbDialect(''), sources })
  return `(${query.sql})`
}
