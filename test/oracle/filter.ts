import type { Condition, FilterDeclaration } from '../../core/data/filter.ts'
import { NumberText, scaleText } from './decimal.ts'
import type { OracleField } from './field.ts'

/** Whether an event's data passes a filter, condition by condition. */
export function passes(
  where: FilterDeclaration,
  fieldNamed: (name: string) => OracleField,
  data: unknown,
): boolean {
  return Object.entries(where).every(([name, condition]) => {
    const field = fieldNamed(name)
    return holds(condition, field, field.read(data))
  })
}

function holds(condition: Condition, field: OracleField, value: unknown): boolean {
  const isThere = value !== undefined && value !== null
  const compare = (operand: unknown) => order(plain(field, value), plain(field, operand))
  return Object.entries(condition).every(([name, operand]) => {
    if (name === 'exists') return isThere === operand
    if (name === 'in') return (operand as unknown[]).some(one => equal(field, value, one))
    if (name === 'eq') return equal(field, value, operand)
    if (!isThere) return false
    if (name === 'gt') return compare(operand) > 0
    if (name === 'gte') return compare(operand) >= 0
    if (name === 'lt') return compare(operand) < 0
    return compare(operand) <= 0
  })
}

function equal(field: OracleField, value: unknown, operand: unknown): boolean {
  return value !== undefined && plain(field, value) === plain(field, operand)
}

/** More places than any double has in its text: a number of the declaration is not rounded to its field. */
const MORE = 400

/**
 * Numbers as integers of one unit: those of events (text) at their field's scale, the declaration's as
 * written.
 */
function plain({ scale }: OracleField, value: unknown): unknown {
  if (value instanceof NumberText) return scaleText(value.source, scale!) * 10n ** BigInt(MORE)
  return typeof value === 'number' ? scaleText(JSON.stringify(value), scale! + MORE) : value
}

function order(a: unknown, b: unknown): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return (a as bigint) < (b as bigint) ? -1 : (a as bigint) > (b as bigint) ? 1 : 0
}
