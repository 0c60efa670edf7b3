import type { Field } from '../data/fields.ts'
import { TributaryError } from '../errors.ts'
import { type Column, columnTypeOf } from '../lake/column.ts'
import { contractTableName } from '../lake/warehouse-table.ts'
import type { Metric } from './metric-plan.ts'
import type { Contract } from './pipeline.ts'

/** Columns that PostgreSQL and Redshift keep in every table. */
export const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
  ...['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'],
  ...['oid', 'insertxid', 'deletexid'],
])

/** Longest name of a table or column in PostgreSQL, in bytes; it cuts longer ones. */
const LONGEST_NAME = 63

/**
 * Bytes that a row of PostgreSQL has for fields: a page of 8 kB without its header, the row's own, and
 * lineage. Source: https://www.postgresql.org/docs/current/limits.html
 */
const ROW_BYTES = 8000

/** Columns of a table in PostgreSQL and Redshift, 1,600, without those that every table here has. */
const MOST_COLUMNS = 1590

/**
 * Most bytes of a value in its row, with its place among those that are null. A text of up to 24 bytes stands
 * in the row, a longer one may move out and leaves 18.
 */
const VALUE_BYTES = {
  ...{ text: 24, json: 24, decimal: 16, bigint: 8, double: 8, timestamp: 8, boolean: 8 },
} as const

/**
 * Refuses fields that no table of a warehouse could hold: what ingest takes has to get there.
 *
 * @throws TributaryError `invalid_declaration` naming the file, the field and the remedy
 */
export function refuseColumns(file: string, fields: readonly Field[]): void {
  for (const { name, column } of fields) refuseName(file, `field "${name}"`, column)
  refuseSize(file, `${fields.length} fields`, fields.map(columnTypeOf), FIELDS_REMEDY)
}

const FIELDS_REMEDY = 'put some into an object without properties, which is one column of JSON'

/**
 * Refuses measures that no table of a warehouse could hold, or not beside each other and their group.
 *
 * @throws TributaryError `invalid_declaration` naming the file, the measure and the remedy
 */
export function refuseMeasures(file: string, { by, measures }: Pick<Metric, 'by' | 'measures'>): void {
  for (const { name } of measures) refuseName(file, `measure "${name}"`, name)
  const columns = [...by.map(columnTypeOf), ...measures.map(({ result }) => result.column)]
  refuseSize(file, `${measures.length} measures`, columns, 'put some into a metric of their own')
}

function refuseSize(
  file: string,
  what: string,
  columns: readonly Pick<Column, 'type'>[],
  remedy: string,
): void {
  const bytes = columns.reduce((sum, { type }) => sum + VALUE_BYTES[type] + 1 / 8, 0)
  const size = `which may take ${Math.ceil(bytes)} bytes of a table's row; it has ${ROW_BYTES}`
  if (bytes > ROW_BYTES) fail(file, `has ${what}, ${size}`, remedy)
  if (columns.length > MOST_COLUMNS)
    fail(file, `has ${what}; a table has room for ${MOST_COLUMNS} columns`, remedy)
}

function refuseName(file: string, what: string, column: string): void {
  if (SYSTEM_COLUMNS.has(column))
    fail(file, `${what} becomes column ${column}, which warehouses keep for themselves`, 'rename it')
  if (Buffer.byteLength(column) > LONGEST_NAME)
    fail(file, `${what} becomes column ${column}, longer than ${LONGEST_NAME} bytes`, 'shorten a name in it')
}

/**
 * Refuses two declarations that would share a table of the warehouse.
 *
 * @param fileOf the file of a type or metric, for the message
 */
export function refuseSharedTables(
  contracts: ReadonlyMap<string, Contract>,
  metrics: readonly Metric[],
  fileOf: (name: string) => string,
): void {
  const types = [...contracts.keys()]
  const names = [
    ...types.map(type => [contractTableName(type, types), type] as const),
    ...metrics.map(({ name }) => [name, name] as const),
  ]
  const owners = new Map<string, string>()
  for (const [table, owner] of names) {
    if (Buffer.byteLength(table) > LONGEST_NAME)
      fail(fileOf(owner), `becomes table ${table}, longer than ${LONGEST_NAME} bytes`, 'shorten the type')
    const other = owners.get(table)
    if (other !== undefined)
      fail(fileOf(owner), `"${owner}" becomes table ${table}, and so does "${other}"`, 'rename one of them')
    owners.set(table, owner)
  }
}

function fail(file: string, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `${file}: ${problem}; ${remedy}`)
}
