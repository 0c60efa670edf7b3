import type { Columns } from './compile-statement.ts'
import type { Header } from './header.ts'
import { type Model, NAME, type ParsedModel } from './model.ts'
import { HISTORY_COLUMNS } from './scd2.ts'
import { refuse } from './tokens.ts'

/**
 * Checks what the header of a model says against its columns and what it reads.
 *
 * @throws TributaryError `invalid_declaration`: file, what does not fit, and the remedy
 */
export function checkKind(
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
  if (header.kind !== 'view' && header.key.length === 0)
    fail('nothing tells its rows apart', 'write "key: " and the columns that do')
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
