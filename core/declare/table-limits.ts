import type { Field } from '../data/fields.ts'
import { TributaryError } from '../errors.ts'
import { columnTypeOf } from '../lake/column.ts'
import { contractTableName } from '../lake/warehouse-table.ts'
import type { Metric } from './metric-plan.ts'
import type { Contract } from './pipeline.ts'

/** Columns that PostgreSQL and Redshift keep in every table. */
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
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
  const bytes = fields.reduce((sum, field) => sum + VALUE_BYTES[columnTypeOf(field).type] + 1 / 8, 0)
  if (bytes > ROW_BYTES)
    fail(
      file,
      `has ${fields.length} fields, which may take ${Math.ceil(bytes)} bytes of a table's row; it has ${ROW_BYTES}`,
      'put some into an object without properties, which is one column of JSON',
    )
}

/** Refuses measures that no table could hold. */
export function refuseMeasures(file: string, measures: readonly string[]): void {
  for (const name of measures) refuseName(file, `measure "${name}"`, name)
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
