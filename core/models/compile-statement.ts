import type { Dialect, Sql } from '../sql/dialect.ts'
import { join, type Named, query as queryTag, type Query as SqlQuery, withNamed } from '../sql/query.ts'
import {
  type Compiling,
  compileExpression,
  condition,
  type Scope,
  type ScopeColumn,
} from './compile-expression.ts'
import { refuse } from './tokens.ts'
import type { From, Query, Select, Statement } from './tree.ts'
import { commonType, typeName } from './value-types.ts'

/** Columns of a source or of a result, by name. */
export type Columns = ReadonlyMap<string, ScopeColumn>

/** What a statement may read: the columns of each source, and what it is in SQL. */
export type Sources = {
  readonly columns: (name: string) => Columns | undefined
  readonly relation: (name: string) => SqlQuery
}

export type CompiledStatement = { readonly query: SqlQuery; readonly columns: Columns }

type Writing = {
  readonly file: string
  readonly dialect: Dialect
  readonly sources: Sources
  readonly parts: ReadonlyMap<string, Columns>
}

/**
 * Writes a statement for an engine, with the type of each column and the columns of sources it is made of.
 *
 * @throws TributaryError `invalid_declaration`: file, line, what does not fit, and the remedy
 */
export function compileStatement(
  { parts, query }: Statement,
  { file, dialect, sources }: Omit<Writing, 'parts'>,
): CompiledStatement {
  const known = new Map<string, Columns>()
  const named: Named[] = []
  for (const part of parts) {
    const compiled = queryOf({ file, dialect, sources, parts: known }, part.query)
    known.set(part.name, compiled.columns)
    named.push({ name: dialect.identifier(part.name), query: compiled.query })
  }
  const last = queryOf({ file, dialect, sources, parts: known }, query)
  return { query: withNamed(named, last.query), columns: last.columns }
}

/** Names of the sources that a statement reads, with the line where each is read first. */
export function sourcesOf({ parts, query }: Statement): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  const own = new Set<string>()
  const look = ({ selects }: Query) => {
    for (const { from, joins } of selects)
      for (const each of [...(from === undefined ? [] : [from]), ...joins.map(one => one.from)])
        if (each.kind === 'query') look(each.query)
        else if (!own.has(each.name) && !found.has(each.name)) found.set(each.name, each.line)
  }
  for (const part of parts) {
    look(part.query)
    own.add(part.name)
  }
  look(query)
  return found
}

function queryOf(at: Writing, { selects }: Query): CompiledStatement {
  const compiled = selects.map(each => selectOf(at, each))
  const [first] = compiled
  for (const [i, other] of compiled.entries()) requireAlike(at, selects[i]!, first!.columns, other.columns)
  const columns = [...first!.columns].map(([name], i) => {
    const same = compiled.map(each => [...each.columns.values()][i]!)
    const type = commonType(same.map(each => each.type))!
    return [name, { type, from: [...new Set(same.flatMap(({ from }) => from))] }] as const
  })
  return {
    query: join(
      compiled.map(({ query }) => query),
      '\nUNION ALL\n',
    ),
    columns: new Map(columns),
  }
}

function requireAlike({ file }: Writing, { line }: Select, first: Columns, other: Columns): void {
  const [a, b] = [[...first], [...other]]
  if (a.length !== b.length)
    refuse(
      { file, line },
      `it has ${b.length} columns, the SELECT before UNION ALL ${a.length}`,
      'name the same',
    )
  for (const [i, [name, { type }]] of a.entries()) {
    const its = b[i]![1].type
    if (commonType([type, its]) === undefined)
      refuse(
        { file, line },
        `column ${name} is ${typeName(its)} here and ${typeName(type)} before`,
        'cast one',
      )
  }
}

function selectOf(at: Writing, select: Select): CompiledStatement {
  const { file, dialect } = at
  const scope = new Map<string, Columns>()
  const from = select.from === undefined ? queryTag`` : queryTag`\nFROM ${fromOf(at, select.from, scope)}`
  const joins = select.joins.map(each => {
    const table = fromOf(at, each.from, scope)
    const on = each.on === undefined ? '' : ` ON ${condition({ file, dialect, scope }, each.on).sql}`
    return queryTag`\n${each.kind.toUpperCase()} JOIN ${table}${on}`
  })
  const compiling: Compiling = { file, dialect, scope }
  const { columns, list } = itemsOf(compiling, select)
  const distinct = select.isDistinct ? 'DISTINCT ' : ''
  const sql = queryTag`SELECT ${distinct}${list.join(',\n  ')}${from}${join(joins, '')}${tailOf(compiling, select)}`
  return { query: sql, columns }
}

/** An aggregate of a condition that keeps rows would be wrong: engines refuse it, with their own words. */
function tailOf(at: Compiling, { where, groupBy, having }: Select): Sql {
  const grouped = groupBy.map(each => compileExpression(at, each).sql)
  return [
    where === undefined ? '' : `\nWHERE ${condition(at, where).sql}`,
    grouped.length === 0 ? '' : `\nGROUP BY ${grouped.join(', ')}`,
    having === undefined ? '' : `\nHAVING ${condition(at, having).sql}`,
  ].join('')
}

function itemsOf(at: Compiling, { items, line }: Select) {
  const columns = new Map<string, ScopeColumn>()
  const list = items.map(({ name, value }) => {
    if (columns.has(name))
      refuse({ file: at.file, line: value.line ?? line }, `two columns are called "${name}"`, 'rename one')
    const { sql, type, from } = compileExpression(at, value)
    columns.set(name, { type, from })
    return `${sql} AS ${at.dialect.identifier(name)}`
  })
  return { columns, list }
}

/** What a SELECT reads, in SQL; its columns are in the scope from then on. */
function fromOf(
  at: Writing,
  from: From,
  scope: Map<string, ReadonlyMap<string, ScopeColumn>> & Scope,
): SqlQuery {
  const { file, dialect } = at
  const { alias, line } = from
  if (scope.has(alias)) refuse({ file, line }, `two tables are called "${alias}"`, 'give one an alias')
  const as = dialect.identifier(alias)
  if (from.kind === 'query') {
    const { query, columns } = queryOf(at, from.query)
    scope.set(alias, columns)
    return queryTag`(${query}) AS ${as}`
  }
  const part = at.parts.get(from.name)
  const columns = part ?? at.sources.columns(from.name)
  if (columns === undefined)
    return refuse(
      { file, line },
      `there is no table "${from.name}"`,
      'name a curated type, a metric or a model, as docs/models.md says',
    )
  scope.set(alias, columns)
  const relation =
    part === undefined ? at.sources.relation(from.name) : queryTag`${dialect.identifier(from.name)}`
  return queryTag`${relation} AS ${as}`
}
