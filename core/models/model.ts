import { hash } from 'node:crypto'
import type { Column } from '../lake/column.ts'
import type { Dialect } from '../sql/dialect.ts'
import type { Query } from '../sql/query.ts'
import { type Columns, compileStatement, type Sources, sourcesOf } from './compile-statement.ts'
import { type Header, readHeader } from './header.ts'
import { type ModelTest, readTest } from './model-tests.ts'
import { parseStatement } from './parse-statement.ts'
import { HISTORY_COLUMNS, historyOf, type Observed } from './scd2.ts'
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

const NAME = /^[a-z][a-z0-9_]{0,47}$/

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
  const tests = header.tests.map(each => readTest(each, file, known))
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

function checkKind(
  { file, header, sources }: ParsedModel,
  columns: Columns,
  reads: readonly string[],
  models: ReadonlyMap<string, Model>,
): void {
  const fail = (problem: string, remedy: string) => refuse({ file, line: 1 }, problem, remedy)
  const needColumn = (name: string, use: string) => {
    if (!columns.has(name))
      fail(`${use} names "${name}", which is no column`, `use one of ${[...columns.keys()].join(', ')}`)
  }
  for (const column of header.key) needColumn(column, 'key')
  if (header.kind === 'incremental') checkIncremental({ header, fail, needColumn, reads, models })
  else if (header.by !== undefined || header.within.size > 0 || header.time !== undefined)
    fail(`by, time and within are of incremental models, and this is ${header.kind}`, 'leave them out')
  if (header.kind === 'scd2') checkHistory(header, columns, fail, needColumn)
  else if (header.validFrom !== undefined || header.latestBy !== undefined || header.deleted !== undefined)
    fail(`valid from, latest by and deleted are of scd2 models, and this is ${header.kind}`, 'leave them out')
  for (const source of header.within.keys())
    if (!sources.has(source) && !reads.includes(source))
      fail(`within names ${source}, which is not read`, 'leave it out')
  for (const [name, { type }] of columns)
    if (type.type === 'null' || type.type === 'interval')
      fail(`column ${name} has no type`, `write CAST(… AS TEXT) AS ${name}`)
    else if (!NAME.test(name) || name.startsWith('tb_'))
      fail(`column "${name}" cannot be a column name`, 'use lower-case letters, digits and _')
  for (const name of header.columns.keys())
    if (!HISTORY_COLUMNS.some(each => each === name)) needColumn(name, 'column')
}

type Checking = {
  readonly header: Header
  readonly fail: (problem: string, remedy: string) => never
  readonly needColumn: (name: string, use: string) => void
  readonly reads: readonly string[]
  readonly models: ReadonlyMap<string, Model>
}

/**
 * What changes a row of an epoch must be known: the epoch itself, epochs around it, or a history of which is
 * known since when it has changed.
 */
function checkIncremental({ header, fail, needColumn, reads, models }: Checking): void {
  const { by, time, within } = header
  if (by === undefined || !reads.includes(by))
    fail('it is incremental by nothing that it reads', `write "by: ${reads[0] ?? 'curated.trip'}"`)
  if (!by!.startsWith('curated.') && models.get(by!)?.header.kind !== 'incremental')
    fail(`by names ${by}, which has no epochs`, 'name a curated type or an incremental model')
  if (time !== undefined) needColumn(time, 'time')
  for (const source of reads) {
    const kind = models.get(source)?.header.kind
    if (source === by) continue
    if (within.has(source)) {
      if (!source.startsWith('curated.') && kind !== 'incremental')
        fail(`within names ${source}, which has no epochs`, 'leave it out')
    } else if (kind !== 'scd2')
      fail(
        `it reads all of ${source}, so that each change of it would be one of every row`,
        `write "within: ${source} 2h", or make the model full`,
      )
    else if (time === undefined)
      fail(
        `it looks ${source} up without saying when`,
        'write "time: " and the column with the instant that it is looked up at',
      )
  }
}

function checkHistory(
  { key, validFrom, latestBy, deleted }: Header,
  columns: Columns,
  fail: Checking['fail'],
  needColumn: Checking['needColumn'],
): void {
  if (key.length === 0)
    fail('a history has no key', 'write "key: " and the columns that say whose history it is')
  if (validFrom === undefined || latestBy === undefined)
    fail(
      'a history needs to know what counts since when',
      'write "valid from: event_time" and "latest by: receipt"',
    )
  for (const [use, name] of Object.entries({ 'valid from': validFrom, 'latest by': latestBy, deleted }))
    if (name !== undefined) needColumn(name, use)
  if (columns.get(validFrom!)?.type.type !== 'timestamp')
    fail(`valid from names ${validFrom}, which is no instant`, 'name one')
  if (deleted !== undefined && columns.get(deleted)?.type.type !== 'boolean')
    fail(`deleted names ${deleted}, which is not true or false`, 'name one')
  const own = HISTORY_COLUMNS.find(name => columns.has(name) && name !== validFrom)
  if (own !== undefined) fail(`column ${own} is one that a history adds`, 'rename it')
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
