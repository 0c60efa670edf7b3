import { commaList, parseExpression } from './parse-expression.ts'
import { type Cursor, cursorOf, RESERVED, tokensOf } from './tokens.ts'
import type { Expression, From, Join, Query, Select, Statement } from './tree.ts'

/**
 * Reads the SQL of a model: SELECT with WITH, joins, GROUP BY, windows and UNION ALL. All else is refused by
 * its name, as is what engines understand differently.
 *
 * @param file as messages name it
 * @throws TributaryError `invalid_declaration`: file, line, what is refused, and what to write
 */
export function parseStatement(sql: string, file: string): Statement {
  const cursor = cursorOf(tokensOf(sql, file), file)
  const parts = cursor.takes('with') ? commaList(cursor, part) : []
  const query = queryOf(cursor)
  const { kind, text } = cursor.peek()
  if (kind !== 'end') cursor.fails(...afterwards(text))
  return { parts, query }
}

/** What is refused by name behind a query. */
function afterwards(text: string): readonly [string, string] {
  if (text === 'order')
    return ['ORDER BY orders rows that a table does not keep in order', 'leave it out, or order a window']
  if (text === 'limit' || text === 'offset' || text === 'fetch')
    return [
      `${text.toUpperCase()} keeps rows by chance`,
      'number them by row_number() and keep those by WHERE',
    ]
  if (text === 'except' || text === 'intersect')
    return [`${text.toUpperCase()} is not known here`, 'join the rows, and keep those wanted by WHERE']
  return [`"${text}" stands where the statement ends`, 'a model is one SELECT in the SQL of docs/models.md']
}

function part(cursor: Cursor): Statement['parts'][number] {
  if (cursor.sees('recursive'))
    cursor.fails('WITH RECURSIVE is not known here', 'write parts that read those before')
  const name = cursor.name('the name of a part')
  cursor.needs('as')
  cursor.needs('(')
  const query = queryOf(cursor)
  cursor.needs(')')
  return { name, query }
}

function queryOf(cursor: Cursor): Query {
  const selects = [selectOf(cursor)]
  while (cursor.takes('union')) {
    if (!cursor.takes('all'))
      cursor.fails('UNION is not known here', 'write UNION ALL, and SELECT DISTINCT over it')
    selects.push(selectOf(cursor))
  }
  return { selects }
}

function selectOf(cursor: Cursor): Select {
  const { line } = cursor.peek()
  cursor.needs('select')
  const isDistinct = cursor.takes('distinct')
  const items = commaList(cursor, item)
  const from = cursor.takes('from') ? fromOf(cursor) : undefined
  const joins: Join[] = []
  for (let join = joinOf(cursor); join !== undefined; join = joinOf(cursor)) joins.push(join)
  if (cursor.sees(',')) cursor.fails('tables stand beside each other', 'write JOIN … ON, or CROSS JOIN')
  const where = cursor.takes('where') ? parseExpression(cursor) : undefined
  const groupBy = cursor.takes('group', 'by') ? commaList(cursor, grouped) : []
  const having = cursor.takes('having') ? parseExpression(cursor) : undefined
  return { line, isDistinct, items, from, joins, where, groupBy, having }
}

function item(cursor: Cursor): Select['items'][number] {
  if (cursor.sees('*'))
    cursor.fails(
      'SELECT * names no columns',
      'name each of them: a new field of an event must not change a table',
    )
  const value = parseExpression(cursor)
  if (cursor.takes('as')) return { name: cursor.name('a name'), value }
  const { kind, text } = cursor.peek()
  if (kind === 'name' || (kind === 'word' && !RESERVED.has(text))) return { name: cursor.next().text, value }
  if (value.kind === 'column') return { name: value.name, value }
  return cursor.fails('a column has no name', 'write AS and a name behind it', value.line)
}

function grouped(cursor: Cursor): Expression {
  const expression = parseExpression(cursor)
  if (expression.kind !== 'literal') return expression
  return cursor.fails(
    `GROUP BY ${expression.value} names no column`,
    'write the expression itself',
    expression.line,
  )
}

function fromOf(cursor: Cursor): From {
  const { line } = cursor.peek()
  if (cursor.takes('(')) {
    const query = queryOf(cursor)
    cursor.needs(')')
    cursor.takes('as')
    return { kind: 'query', query, alias: cursor.name('the alias of a query'), line }
  }
  const first = cursor.name('a table')
  if (cursor.sees('(')) cursor.fails(`${first}(…) makes rows, which is not known here`, 'read a table')
  const name = cursor.takes('.') ? `${first}.${anyName(cursor)}` : first
  const hasAs = cursor.takes('as')
  const { kind, text } = cursor.peek()
  const isAlias = hasAs || kind === 'name' || (kind === 'word' && !RESERVED.has(text))
  const alias = isAlias ? cursor.name('an alias') : (name.split('.').at(-1) ?? name)
  return { kind: 'named', name, alias, line }
}

/** Behind a dot every word is a name. */
const anyName = (cursor: Cursor) =>
  cursor.peek().kind === 'word' ? cursor.next().text : cursor.name('a table')

function joinOf(cursor: Cursor): Join | undefined {
  for (const word of ['right', 'full', 'natural'])
    if (cursor.sees(word))
      cursor.fails(`${word.toUpperCase()} JOIN is not known here`, 'write LEFT JOIN or JOIN')
  if (cursor.takes('cross', 'join')) return { kind: 'cross', from: fromOf(cursor), on: undefined }
  const kind = cursor.takes('left') ? 'left' : 'inner'
  if (kind === 'left') cursor.takes('outer')
  else cursor.takes('inner')
  if (!cursor.takes('join'))
    return kind === 'left' ? cursor.fails('LEFT without JOIN', 'write LEFT JOIN') : undefined
  const from = fromOf(cursor)
  if (cursor.sees('using')) cursor.fails('USING is not known here', 'write ON a.id = b.id')
  cursor.needs('on')
  return { kind, from, on: parseExpression(cursor) }
}
