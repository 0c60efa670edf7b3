import type { CellValue } from '../cells/cell-type.ts'
import type { CellKind } from '../cells/table.ts'
import { DECIMAL_DIGITS } from '../data/decimal.ts'
import type { Field, JsonSchema } from '../data/fields.ts'
import type { NumberText } from '../json/json.ts'
import type { Column } from '../lake/column.ts'

/**
 * What a measure shows of a group and window; null where there is nothing to measure. A number that no double
 * is goes into the answer with all of its digits.
 */
export type MeasureValue = number | NumberText | string | boolean | null

/** What the values of a measure are: their JSON Schema, and their column in the warehouse. */
export type Result = {
  readonly schema: JsonSchema
  readonly column: Pick<Column, 'type' | 'scale' | 'precision'>
}

/** A declaration that cannot work, said after its name (`measure "p95" …`), and what to do about it. */
export type Problem = { readonly problem: string; readonly remedy: string }

/** A measure as it is declared: plain data. */
export type Declared = { readonly kind: string }

/** What there is to present a measure from. */
export type Presented = {
  /** The cells that the measure needs, in the order it names them. */
  readonly cells: readonly CellValue[]
  /** Those that it uses where it can; undefined where the metric does not keep them. */
  readonly also: readonly (CellValue | undefined)[]
  /** Decimal places of the field. */
  readonly scale: number
  /** Length of the window that is asked for, s. */
  readonly seconds: number
  /** What another measure of the metric shows. */
  readonly valueNamed: (name: string) => MeasureValue
}

/**
 * A kind of measure: what a metric can compute. One file a kind, listed in table.ts beside the function that
 * declares it.
 */
export type MeasureType<M extends Declared = Declared> = {
  /** What a declaration has beside its kind, by type; `?`: or not. */
  readonly keys: Readonly<Record<string, 'string' | 'string?' | 'number'>>
  /** Name of the field it is computed from; undefined: of the events themselves. */
  field(measure: M): string | undefined
  /** What is wrong with the declaration by itself. `all` are the measures of the metric by name. */
  check(measure: M, all: Readonly<Record<string, Declared>>): Problem | undefined
  /** What is wrong with it once the contract is known. */
  checkUse(measure: M, use: Use): Problem | undefined
  /** Kinds of the cells that it needs, of its field. */
  cells(measure: M): readonly CellKind[]
  /**
   * Kinds of the cells of its field that it uses where another measure keeps them; `events`: the count of
   * events.
   */
  readonly also: readonly (CellKind | 'events')[]
  result(measure: M, field: Field | undefined): Result
  /** A few words for the warehouse's catalogue: `sum of amount`. */
  describe(measure: M): string
  present(measure: M, from: Presented): MeasureValue
  /**
   * The same in plain SQL, for somebody who counts rows of curated files without this program; undefined
   * where no short expression says it.
   */
  plain(from: PlainColumn): PlainSql | undefined
  /** DuckDB's SQL of the number, of the totals of its cells; not there where a cell is no number. */
  ofTotals?(totals: readonly string[]): string
}

/** What plain SQL of a measure is made of; no columns where the measure is of the events themselves. */
export type PlainColumn = {
  /** Name of the field's column, quoted. */
  readonly column: string | undefined
  /** The field's value as text, as it is told from others. */
  readonly written: string | undefined
  /** Length of the window, s. */
  readonly seconds: number
}

/** An expression, and how what is shown may differ from what it gives. */
export type PlainSql = { readonly sql: string; readonly note?: string }

/** Where a measure is used: its field, and what the other measures of the metric show. */
export type Use = { readonly field: Field | undefined; readonly resultOf: (name: string) => Result }

export const NATURAL: Result = { schema: { type: 'integer', minimum: 0 }, column: { type: 'bigint' } }
export const NUMBER: Result = { schema: { type: ['number', 'null'] }, column: { type: 'double' } }

/** Digits of a sum: as many as a decimal of any engine has. */
export const SUM_DIGITS = 38

/** A number that is exact in decimal, at its field's scale. */
export function exactNumber({ scale = 0 }: Field, precision = DECIMAL_DIGITS): Result {
  return { schema: EXACT, column: { type: 'decimal', scale, precision } }
}

const EXACT: JsonSchema = {
  type: ['number', 'null'],
  description: 'Exact, with all digits: beyond 15 of them read it as a decimal, not as a double',
}

/** What measures of one field share; each says which cells it needs and how they are presented. */
export const ofField = {
  keys: { field: 'string' },
  field: ({ field }) => field,
  check: () => undefined,
  also: [],
  result: () => NUMBER,
  describe: ({ kind, field }) => `${kind} of ${field}`,
  plain: () => undefined,
} as const satisfies Partial<MeasureType<Declared & { readonly field: string }>>

/** The field must be an exact number. */
export function needsNumber(_measure: Declared, { field }: Use): Problem | undefined {
  const { kind, name } = field!
  if (kind === 'integer' || kind === 'number') return scaleProblem(field!)
  return { problem: `needs a number, but "${name}" is ${kind}`, remedy: 'use count or distinct' }
}

/** The field must be a single value; `does` is what the measure does with it. */
export function needsSingleValue(does: string): MeasureType['checkUse'] {
  return (_measure, { field }) => {
    if (field!.kind !== 'json') return scaleProblem(field!)
    const problem = `${does} "${field!.name}", which is not a single value`
    return { problem, remedy: 'name a field inside it' }
  }
}

/** Numbers are exact at the decimal places that the contract gives them. */
export function scaleProblem({ kind, name, scale }: Field): Problem | undefined {
  if (kind !== 'number' || scale !== undefined) return undefined
  const remedy = 'give the field a multipleOf such as 0.01, or the contract a scale'
  return { problem: `needs the decimal places of "${name}"`, remedy }
}
