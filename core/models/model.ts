import { hash } from 'node:crypto'
import type { Column } from '../lake/column.ts'
import type { Dialect } from '../sql/dialect.ts'
import type { Query } from '../sql/query.ts'
import { checkKind } from './check-model.ts'
import { type Columns, compileStatement, type Sources, sourcesOf } from './compile-statement.ts'
import { type Header, readHeader, type TestDeclaration } from './header.ts'
import { type ModelTest, readTest } from './model-tests.ts'
import { parseStatement } from './parse-statement.ts'
import { historyOf, type Observed } from './scd2.ts'
import { refuse } from './tokens.ts'
import type { Statement } from './tree.ts'

/** What a user writes: the text of `pipeline/models/<name>.sql`. */
export type ModelDeclaration = { readonly name: string; readonly text: string }

/** A model, checked against what it reads. */
export type Model = {
  readonly name: string
  /** Name and what its rows follow from: rows of two ids are never in one table. */
  readonly id: string
  readonly file: string
  readonly header: Header
  readonly statement: Statement
  /** `curated.trip`, `metric.trips_hourly` and names of models, those behind views too. */
  readonly reads: readonly string[]
  /** Columns of its table. */
  readonly columns: readonly Column[]
  /** Columns of sources that each column is made of. */
  readonly lineage: ReadonlyMap<string, readonly string[]>
  readonly tests: readonly ModelTest[]
}

/** Column of an incremental model: the epoch that its row is of. */
export const EPOCH_COLUMN = 'epoch'

/** A model that is read, as it stands in a file. */
export type ParsedModel = Pick<Model, 'name' | 'file' | 'header' | 'statement'> & {
  readonly sources: ReadonlyMap<string, number>
}

/** Names of tables and columns. */
export const NAME = /^[a-z][a-z0-9_]{0,47}$/

/** Reads a model by itself. @throws TributaryError `invalid_declaration`: file, line, problem, and remedy */
export function parseModel(file: string, { name, text }: ModelDeclaration): ParsedModel {
  if (!NAME.test(name))
    refuse(
      { file, line: 1 },
      `its name "${name}" cannot be a table name`,
      'use lower-case letters, digits and _, at most 48',
    )
  const header = readHeader(text, file)
  const statement = parseStatement(text, file)
  return { name, file, header, statement, sources: sourcesOf(statement) }
}

/**
 * Checks a model against what it reads.
 *
 * @param columnsOf columns of a source, undefined where there is none of the name
 * @throws TributaryError `invalid_declaration`: file, line, what does not fit, and the remedy
 */
export function resolveModel(
  dialect: Dialect,
  parsed: ParsedModel,
  columnsOf: (name: string) => Columns | undefined,
  models: ReadonlyMap<string, Model>,
): Model {
  const { name, file, header, statement, sources } = parsed
  const written = { columns: columnsOf, relation: (source: string): Query => ({ sql: source, reads: [] }) }
  const compiled = compileStatement(statement, { file, dialect, sources: written })
  const reads = [...new Set([...sources.keys()].flatMap(source => behindView(source, models)))]
  checkKind(parsed, compiled.columns, reads, models)
  const columns = tableColumns(parsed, compiled.columns)
  const lineage = new Map(
    columns.map(column => [column.name, compiled.columns.get(sourceColumn(header, column.name))?.from ?? []]),
  )
  const known: Columns = new Map(columns.map(column => [column.name, { type: column, from: [] }]))
  const text = JSON.stringify([
    header.kind,
    header.key,
    header.by,
    header.time,
    [...header.within],
    header.validFrom,
    header.latestBy,
    header.deleted,
    compiled.query.sql,
    reads.map(each => models.get(each)?.id ?? ''),
  ])
  const id = `${name}.${hash('sha256', text, 'hex').slice(0, 12)}`
  const tests = [...keyTests(header), ...header.tests].map(each => readTest(each, file, known))
  for (const { text: test, reads: read } of tests)
    for (const model of read)
      if (!models.has(model))
        refuse(
          { file, line: 1 },
          `the test "${test}" names the model "${model}", which is not before it`,
          'name a model that is declared',
        )
  return { name, id, file, header, statement, reads, columns, lineage, tests }
}

const behindView = (source: string, models: ReadonlyMap<string, Model>): readonly string[] => {
  const model = models.get(source)
  return model?.header.kind === 'view' ? model.reads : [source]
}

const sourceColumn = ({ validFrom }: Header, name: string) =>
  name === 'valid_from' && validFrom !== undefined ? validFrom : name

/** Rows of a table are told apart by its key: it is in the warehouse, too. */
function keyTests({ kind, key, tests }: Header): readonly TestDeclaration[] {
  if (kind === 'view' || kind === 'scd2') return []
  const texts = [`unique ${key.join(', ')}`, ...key.map(name => `not-null ${name}`)]
  const missing = texts.filter(text => !tests.some(each => each.text === text))
  return missing.map(text => ({ text, line: 1, severity: 'error' }))
}

/** Columns of a history that describe no state. */
const helpers = ({ validFrom, latestBy, deleted }: Header) => [validFrom, latestBy, deleted]

function tableColumns({ header }: ParsedModel, columns: Columns): readonly Column[] {
  const isKey = new Set(header.key)
  const described = (
    name: string,
    type: Columns extends ReadonlyMap<string, infer C> ? C : never,
  ): Column => ({
    name,
    ...(type.type as Pick<Column, 'type' | 'scale' | 'precision'>),
    description: header.columns.get(name) ?? describedBy(type.from),
    ...(isKey.has(name) && { isRequired: true }),
  })
  const all = [...columns].map(([name, column]) => described(name, column))
  if (header.kind === 'incremental')
    return [
      ...all,
      { name: EPOCH_COLUMN, type: 'timestamp', description: 'Epoch that received it', isRequired: true },
    ]
  if (header.kind !== 'scd2') return all
  const left = all.filter(({ name }) => isKey.has(name) || !helpers(header).includes(name))
  const said = (name: string, text: string) => header.columns.get(name) ?? text
  return [
    ...left,
    {
      name: 'valid_from',
      type: 'timestamp',
      description: said('valid_from', 'Since when it was so'),
      isRequired: true,
    },
    {
      name: 'valid_to',
      type: 'timestamp',
      description: said('valid_to', 'Until when, without; none: it still is'),
    },
    {
      name: 'is_current',
      type: 'boolean',
      description: said('is_current', 'Whether it still is'),
      isRequired: true,
    },
  ]
}

const describedBy = (from: readonly string[]) => (from.length === 0 ? '' : `Made of ${from.join(', ')}`)

/**
 * The rows of a model in an engine's SQL, over sources as they are given; of an incremental one without its
 * epoch.
 */
export function modelQuery(
  model: Pick<Model, 'file' | 'header' | 'statement'>,
  dialect: Dialect,
  sources: Sources,
): Query {
  const { file, header, statement } = model
  const { query, columns } = compileStatement(statement, { file, dialect, sources })
  if (header.kind !== 'scd2') return query
  return historyOf(dialect, query, observedOf(header, columns))
}

function observedOf(header: Header, columns: Columns): Observed {
  const { key, validFrom, latestBy, deleted } = header
  const state = [...columns.keys()].filter(name => !key.includes(name) && !helpers(header).includes(name))
  return {
    key,
    validFrom: validFrom!,
    latestBy: { name: latestBy!, type: columns.get(latestBy!)!.type },
    deleted,
    state,
  }
}
