import { neighbours, type Scaled, toScaled } from './decimal.ts'
import type { Field } from './fields.ts'
import { readableOf } from './readable.ts'

export type FilterValue = string | number | boolean | null

/** Conditions on one field; all given ones must hold. A missing field passes only `exists: false`. */
export type Condition = {
  readonly eq?: FilterValue
  readonly in?: readonly FilterValue[]
  readonly gt?: number | string
  readonly gte?: number | string
  readonly lt?: number | string
  readonly lte?: number | string
  /** True: the field is there and not null. */
  readonly exists?: boolean
}

/** Field (dotted path) → conditions; all must hold. */
export type FilterDeclaration = Readonly<Record<string, Condition>>

/** A filter with its fields resolved. */
export type Filter = readonly { readonly field: Field; readonly condition: Condition }[]

export const CONDITIONS = ['eq', 'in', 'gt', 'gte', 'lt', 'lte', 'exists'] as const

/** Conditions that order. */
export const COMPARISONS = ['gt', 'gte', 'lt', 'lte'] as const

export type Comparison = (typeof COMPARISONS)[number]

/**
 * What a field's scaled values are compared with. An operand with more decimal places than the field is no
 * value of it: what is above 4.5, or at least 4.5, is above 4; what is below 4.5, or at most 4.5, is below 5.
 * So the bound is cut towards the side on which `gt` and `lte`, or `gte` and `lt`, mean what they say.
 */
export function boundOf({ scale }: Field, comparison: Comparison, operand: number | string): Scaled | string {
  if (typeof operand !== 'number' || scale === undefined) return operand as string
  const { below, above } = neighbours(operand, scale)
  return comparison === 'gt' || comparison === 'lte' ? below : above
}

/** The value of the field that equals an operand, scaled; undefined where no value of its scale does. */
export function equalValue({ scale }: Field, operand: FilterValue): FilterValue | Scaled | undefined {
  if (typeof operand !== 'number' || scale === undefined) return operand
  const { below, above } = neighbours(operand, scale)
  return below === above ? below : undefined
}

/**
 * Whether a condition has a number of more decimal places than its field, which is between two values of it.
 */
export function isBetweenValues({ scale }: Field, condition: Condition): boolean {
  const operands = [condition.eq, ...(condition.in ?? []), ...COMPARISONS.map(key => condition[key])]
  return operands.some(one => {
    if (typeof one !== 'number' || scale === undefined) return false
    const { below, above } = neighbours(one, scale)
    return below !== above
  })
}

type Predicate = (data: Record<string, unknown>) => boolean

/**
 * Compiles a filter to a predicate over an event's data; undefined where everything passes. What cannot be
 * read as its field is declared is missing.
 */
export function compileFilter(filter: Filter): Predicate | undefined {
  const predicates = filter.map(compileCondition)
  if (predicates.length === 0) return undefined
  if (predicates.length === 1) return predicates[0]!
  return data => predicates.every(passes => passes(data))
}

function compileCondition({ field, condition }: Filter[number]): Predicate {
  const read = readableOf(field)
  const tests: ((value: unknown) => boolean)[] = []
  // Values compare at the field's scale, as the typed columns of the batch layer do.
  const norm = (value: unknown) =>
    typeof value === 'number' && field.scale !== undefined ? toScaled(value, field.scale) : value
  const { eq, exists } = condition
  const allowed = [...(eq === undefined ? [] : [[eq]]), ...(condition.in === undefined ? [] : [condition.in])]
  for (const each of allowed) {
    const values = each.map(value => equalValue(field, value)).filter(value => value !== undefined)
    tests.push(value => values.some(one => same(norm(value), one)))
  }
  for (const comparison of COMPARISONS) {
    const operand = condition[comparison]
    if (operand === undefined) continue
    const bound = boundOf(field, comparison, operand)
    const holds = HOLDS[comparison]
    tests.push(value => isPresent(value) && holds(order(norm(value), bound)))
  }
  if (exists !== undefined) tests.push(value => isPresent(value) === exists)
  return data => {
    const value = read(data)
    return tests.every(test => test(value))
  }
}

const HOLDS: Readonly<Record<Comparison, (order: number) => boolean>> = {
  gt: order => order > 0,
  gte: order => order >= 0,
  lt: order => order < 0,
  lte: order => order <= 0,
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null
}

function same(a: unknown, b: unknown): boolean {
  return a === b
}

/** Numbers by value, strings by UTF-8 bytes as engines do, never by locale. */
function order(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0
}

/** Compares text as UTF-8 bytes: JavaScript's own order differs beyond the basic plane. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return surrogatesLast(x) - surrogatesLast(y)
  }
  return a.length - b.length
}

function surrogatesLast(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
