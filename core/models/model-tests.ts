import type { Dialect, Sql } from '../sql/dialect.ts'
import { type Query, query } from '../sql/query.ts'
import { condition } from './compile-expression.ts'
import type { Columns } from './compile-statement.ts'
import type { TestDeclaration } from './header.ts'
import { parseExpression } from './parse-expression.ts'
import { cursorOf, type Place, refuse, tokensOf } from './tokens.ts'
import { INTERVAL_UNITS } from './tree.ts'

/** A test of a model's rows: it answers the rows that fail. */
export type ModelTest = Pick<TestDeclaration, 'severity' | 'text'> & {
  /** Models that it reads beside its own. */
  readonly reads: readonly string[]
  /** Rows that fail. `rows`: those of the model; `of`: those of another; `now`: ms since 1970. */
  failing(dialect: Dialect, rows: Query, of: (model: string) => Query, now: number): Query
}

type Read = (
  words: readonly string[],
  known: Columns,
  place: Place,
) =>
  | (Pick<ModelTest, 'failing'> & { readonly reads?: readonly string[]; readonly columns: readonly string[] })
  | undefined

const list = (dialect: Dialect, names: readonly string[]): Sql => names.map(dialect.identifier).join(', ')

/** Tests, by the word they begin with, and how each is written. */
const TESTS: Readonly<Record<string, { readonly written: string; readonly read: Read }>> = {
  unique: {
    written: 'unique column, column',
    read: words => {
      const columns = words
        .join(' ')
        .split(',')
        .map(word => word.trim())
      return {
        columns,
        failing: (dialect, rows) =>
          query`SELECT ${list(dialect, columns)}, count(*) AS tb_rows FROM (${rows}) AS r GROUP BY ${list(dialect, columns)} HAVING count(*) > 1`,
      }
    },
  },
  'not-null': {
    written: 'not-null column',
    read: ([column]) =>
      column === undefined
        ? undefined
        : {
            columns: [column],
            failing: (dialect, rows) =>
              query`SELECT * FROM (${rows}) AS r WHERE ${dialect.identifier(column)} IS NULL`,
          },
  },
  accepted: {
    written: 'accepted column value, value',
    read: ([column, ...words], known) => {
      const values = words
        .join(' ')
        .split(',')
        .map(word => word.trim())
      if (column === undefined || words.length === 0) return undefined
      const isText = known.get(column)?.type.type === 'text'
      return {
        columns: [column],
        failing: (dialect, rows) => {
          const texts = values.map(dialect.text).join(', ')
          const value = isText ? dialect.identifier(column) : dialect.asText(dialect.identifier(column))
          return query`SELECT * FROM (${rows}) AS r WHERE ${value} NOT IN (${texts})`
        },
      }
    },
  },
  relationship: {
    written: 'relationship column model.column',
    read: ([column, target = '']) => {
      const [model, other] = target.split('.')
      if (column === undefined || model === undefined || other === undefined) return undefined
      return {
        columns: [column],
        reads: [model],
        failing: (dialect, rows, of) => {
          const [a, b] = [dialect.identifier(column), dialect.identifier(other)]
          return query`SELECT r.* FROM (${rows}) AS r LEFT JOIN (SELECT DISTINCT ${b} AS tb_key FROM (${of(model)}) AS o) AS k ON r.${a} = k.tb_key WHERE r.${a} IS NOT NULL AND k.tb_key IS NULL`
        },
      }
    },
  },
  fresh: {
    written: 'fresh column 2 hour',
    read: ([column, count = '', unit = '']) => {
      const length = UNIT_MS[unit.replace(/s$/, '')]
      if (column === undefined || !/^\d+$/.test(count) || length === undefined) return undefined
      return {
        columns: [column],
        failing: (dialect, rows, _of, now) => {
          const newest = dialect.msOfInstant(`max(${dialect.identifier(column)})`)
          return query`SELECT newest FROM (SELECT ${newest} AS newest FROM (${rows}) AS r) AS n WHERE newest IS NULL OR newest < ${now - Number(count) * length}`
        },
      }
    },
  },
  rows: {
    written: 'rows condition (true of the rows that fail)',
    read: (words, known, place) => {
      const cursor = cursorOf(tokensOf(words.join(' '), place.file), place.file)
      const expression = parseExpression(cursor)
      if (cursor.peek().kind !== 'end') return undefined
      const scope = new Map([['r', known]])
      const written = (dialect: Dialect) => condition({ file: place.file, dialect, scope }, expression).sql
      return {
        columns: [],
        failing: (dialect, rows) => query`SELECT * FROM (${rows}) AS r WHERE ${written(dialect)}`,
      }
    },
  },
}

const UNIT_MS: Readonly<Record<string, number>> = Object.fromEntries(
  INTERVAL_UNITS.map((unit, i) => [unit, [1000, 60_000, 3_600_000, 86_400_000][i]!]),
)

/**
 * Reads a test of the header.
 *
 * @param known the model's columns
 * @throws TributaryError `invalid_declaration`: file, line, what is not known, and how tests are written
 */
export function readTest({ text, line, severity }: TestDeclaration, file: string, known: Columns): ModelTest {
  const [word = '', ...words] = text.split(/\s+/)
  const kind = Object.hasOwn(TESTS, word) ? TESTS[word] : undefined
  const read = kind?.read(words, known, { file, line })
  if (read === undefined)
    return refuse(
      { file, line },
      `the test "${text}" is not known`,
      `write ${Object.values(TESTS)
        .map(({ written }) => `"${written}"`)
        .join(', ')}`,
    )
  const unknown = read.columns.find(column => !known.has(column))
  if (unknown !== undefined)
    return refuse(
      { file, line },
      `the test names the column "${unknown}", which the model does not have`,
      `use one of ${[...known.keys()].join(', ')}`,
    )
  return { text, severity, reads: read.reads ?? [], failing: read.failing }
}
