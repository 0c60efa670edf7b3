import { toScaled } from './decimal.ts'
import { type Field, readerOf } from './fields.ts'

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

type Predicate = (data: Record<string, unknown>) => boolean

/** Compiles a filter to a predicate over an event's data; undefined where everything passes. */
export function compileFilter(filter: Filter): Predicate | undefined {
  const predicates = filter.map(compileCondition)
  if (predicates.length === 0) return undefined
  if (predicates.length === 1) return predicates[0]!
  return data => predicates.every(passes => passes(data))
}

function compileCondition({ field, condition }: Filter[number]): Predicate {
  const read = readerOf(field.path)
  const tests: ((value: unknown) => boolean)[] = []
  // Numbers compare at the field's scale, as the typed columns of the batch layer do.
  const norm = (value: unknown) =>
    typeof value === 'number' && field.scale !== undefined ? toScaled(value, field.scale) : value
  const { eq, gt, gte, lt, lte, exists } = condition
  if (eq !== undefined) tests.push(value => same(norm(value), norm(eq)))
  if (condition.in !== undefined) {
    const allowed = condition.in.map(norm)
    tests.push(value => allowed.some(one => same(norm(value), one)))
  }
  if (gt !== undefined) tests.push(value => isPresent(value) && order(norm(value), norm(gt)) > 0)
  if (gte !== undefined) tests.push(value => isPresent(value) && order(norm(value), norm(gte)) >= 0)
  if (lt !== undefined) tests.push(value => isPresent(value) && order(norm(value), norm(lt)) < 0)
  if (lte !== undefined) tests.push(value => isPresent(value) && order(norm(value), norm(lte)) <= 0)
  if (exists !== undefined) tests.push(value => isPresent(value) === exists)
  return data => {
    const value = read(data)
    return tests.every(test => test(value))
  }
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
