import type { Column } from '../lake/column.ts'

/** A column of an Iceberg table. Its id stays, whatever becomes of its name. */
export type IcebergField = {
  readonly id: number
  readonly name: string
  readonly required: boolean
  /** A primitive type such as `decimal(18, 2)`; what somebody else has added may be nested. */
  readonly type: unknown
  readonly doc?: string
}

/** Columns, and the highest id that any of the table's columns has had. */
export type IcebergColumns = { readonly fields: readonly IcebergField[]; readonly lastId: number }

/** @see https://iceberg.apache.org/spec/#primitive-types */
const TYPES = {
  text: () => 'string',
  json: () => 'string',
  bigint: () => 'long',
  double: () => 'double',
  boolean: () => 'boolean',
  timestamp: () => 'timestamptz',
  decimal: ({ precision = 18, scale = 0 }: Column) => `decimal(${precision}, ${scale})`,
} as const satisfies Record<Column['type'], (column: Column) => string>

/** Type of a column in Iceberg's words. */
export const icebergType = (column: Column): string => TYPES[column.type](column)

/**
 * Columns of a table as they are declared now, after those it has had: a name keeps its id, a new one gets
 * the next, or the one that data files have it under already (`mapping`). What is declared no more stays, as
 * older rows have it. `retyped` are columns whose type has changed in a way that data files of before cannot
 * be read with.
 */
export function evolved(
  before: IcebergColumns,
  columns: readonly Column[],
  mapping: string | undefined,
): IcebergColumns & { readonly retyped: readonly string[] } {
  const known = new Map(before.fields.map(field => [field.name, field]))
  const mapped = new Map(mappedIn(mapping).map(each => [each.names[0]!, each['field-id']]))
  let lastId = before.lastId
  const declared = columns.map((column): IcebergField => {
    const was = known.get(column.name)
    known.delete(column.name)
    // A column that comes later is missing in what was before, so it may be null, whoever declares it.
    const isRequired = before.fields.length === 0 ? column.isRequired === true : (was?.required ?? false)
    const doc = column.description === '' ? {} : { doc: column.description }
    return {
      id: was?.id ?? mapped.get(column.name) ?? ++lastId,
      name: column.name,
      required: isRequired,
      type: icebergType(column),
      ...doc,
    }
  })
  const types = new Map(before.fields.map(({ id, type }) => [id, type]))
  const retyped = declared
    .filter(({ id, type }) => types.has(id) && !isReadAs(types.get(id), type))
    .map(({ name }) => name)
  return { fields: [...declared, ...known.values()], lastId, retyped }
}

const DECIMAL = /^decimal\((\d+), ?(\d+)\)$/

/** Whether data files of one type are read as another: what Iceberg calls type promotion. */
function isReadAs(was: unknown, is: unknown): boolean {
  const [a, b] = [DECIMAL.exec(String(was)), DECIMAL.exec(String(is))]
  if (a !== null && b !== null) return a[2] === b[2] && Number(b[1]) >= Number(a[1])
  return was === is
}

/** One column of a name mapping: which column of a data file without ids is which of the table. */
type Mapped = { readonly 'field-id'?: number; readonly names: readonly string[] }

const mappedIn = (mapping: string | undefined): readonly Mapped[] =>
  mapping === undefined ? [] : (JSON.parse(mapping) as readonly Mapped[])

/**
 * Name mapping (`schema.name-mapping.default`) under which data files without ids are read. Columns of files
 * that are none of the table's get ids too, as some readers refuse a file with a column they know nothing of.
 */
export function nameMapping(
  before: string | undefined,
  { fields, lastId }: IcebergColumns,
  ofFiles: Iterable<string>,
): { readonly mapping: string; readonly lastId: number } {
  const kept = mappedIn(before)
  const names = new Set([...kept, ...fields.map(({ name }) => ({ names: [name] }))].flatMap(m => m.names))
  const ofTable = fields.filter(({ name }) => !kept.some(each => each.names.includes(name)))
  const others = [...ofFiles].filter(name => !names.has(name)).sort()
  const mapped = [
    ...kept,
    ...ofTable.map(({ id, name }) => ({ 'field-id': id, names: [name] })),
    ...others.map((name, i) => ({ 'field-id': lastId + 1 + i, names: [name] })),
  ]
  return { mapping: JSON.stringify(mapped), lastId: lastId + others.length }
}
