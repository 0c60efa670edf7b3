import type { Field } from '../data/fields.ts'
import type { Metric } from '../declare/metric-plan.ts'
import { TributaryError } from '../errors.ts'
import type { Where } from '../ports/views.ts'
import { type Access, isAmong, type Rows, readableTypes, typesText } from './access.ts'

type Limited = Pick<Metric, 'name' | 'type' | 'by'>

/**
 * Whether the rows of a metric that a caller may see can be told from the others: its type may be read, and
 * it is grouped by every field that the caller is limited to.
 */
export function isReadable(metric: Limited, access: Access): boolean {
  return problemWith(metric, access) === undefined
}

/**
 * The conditions of a query, narrowed to the rows that its caller may see. What is asked for beyond them is
 * refused rather than left out, so that no answer looks whole and is not.
 *
 * @throws TributaryError `forbidden` naming the field and what may be asked for
 */
export function limitRows(metric: Limited, where: Where, access: Access): Where {
  const problem = problemWith(metric, access)
  if (problem !== undefined) throw new TributaryError('forbidden', problem)
  const limits = Object.entries(access.where ?? {})
  if (limits.length === 0) return where
  const narrowed = limits.map(([name, allowed]) => [
    name,
    narrow(access.name, ofField(where, name), name, allowed),
  ])
  return { ...where, ...Object.fromEntries(narrowed) }
}

function ofField(where: Where, name: string): Where[string] | undefined {
  return Object.hasOwn(where, name) ? where[name] : undefined
}

function narrow(
  key: string,
  asked: Where[string] | undefined,
  name: string,
  allowed: Rows[string],
): Rows[string] {
  if (asked === undefined) return allowed
  if (asked.every(value => allowed.includes(value))) return asked
  const values = allowed.slice(0, 10).map(value => JSON.stringify(value))
  const all = allowed.length > values.length ? [...values, '…'] : values
  throw new TributaryError('forbidden', `key ${key} reads rows with ${name} of ${all.join(', ')} alone`)
}

function problemWith({ name, type, by }: Limited, access: Access): string | undefined {
  const { where = {}, name: key } = access
  const types = readableTypes(access)
  if (!isAmong(type, types))
    return `metric ${name} is of ${type}, and key ${key} reads of ${typesText(types)}`
  for (const [limit, values] of Object.entries(where)) {
    const field = by.find(one => one.name === limit)
    if (field === undefined)
      return `metric ${name} is not grouped by ${limit}, which key ${key} is limited to; GET /v1/metrics lists those that are`
    const odd = values.find(value => !isOf(field, value))
    if (odd !== undefined)
      return `key ${key} is limited to ${limit} of ${JSON.stringify(odd)}, which in metric ${name} is no ${field.kind}; mend its "where"`
  }
  return undefined
}

/** A value of another kind is in no group, and its owner would see nothing where there is something. */
function isOf({ kind, nullable, optional }: Field, value: Rows[string][number]): boolean {
  if (value === null) return nullable || optional
  if (kind === 'integer') return Number.isSafeInteger(value)
  if (kind === 'number') return typeof value === 'number'
  return typeof value === (kind === 'boolean' ? 'boolean' : 'string')
}
