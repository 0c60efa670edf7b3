import type { Field } from '../data/fields.ts'
import { compileReadable } from '../data/readable.ts'

/** A value that cannot be read as its field is declared, so that every layer reads it as missing. */
export type Unreadable = {
  /** Keys from `data` down to the field, or to what should be an object around it. */
  readonly path: readonly string[]
  /** What it is declared as, in words: `an integer`. */
  readonly declared: string
  /** What kind of value there is, in words; never the value itself. */
  readonly found: string
  /** A number of the right kind that is too large. */
  readonly isOutOfRange: boolean
}

/**
 * Compiles the search for the first of the given fields that an event's data has as something which cannot be
 * read. What is missing can be read, whether or not it is required; so can what bounds, patterns and lists of
 * values refuse.
 */
export function compileUnreadable(fields: readonly Field[]): (data: unknown) => Unreadable | undefined {
  const tests = fields.map(field => [field, compileReadable(field)] as const)
  return data => {
    for (const [field, isReadable] of tests) {
      const found = unreadableIn(data, field, isReadable)
      if (found !== undefined) return found
    }
    return undefined
  }
}

function unreadableIn(
  data: unknown,
  field: Field,
  isReadable: (value: unknown) => boolean,
): Unreadable | undefined {
  const { path } = field
  let value = data
  for (const [depth, key] of path.entries()) {
    // Null in place of an object is an object without fields, in every layer.
    if (value === null) return undefined
    if (typeof value !== 'object' || Array.isArray(value))
      return unreadable(path.slice(0, depth), 'an object', value)
    if (!Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return isReadable(value) ? undefined : unreadable(path, kindInWords(field), value, field)
}

function unreadable(path: readonly string[], declared: string, value: unknown, field?: Field): Unreadable {
  const isOutOfRange = field?.kind === 'number' && typeof value === 'number'
  return { path, declared, found: valueInWords(value), isOutOfRange }
}

/** What a field is declared as: `a number of 2 decimal places`. */
export function kindInWords({ kind, scale, nullable }: Field): string {
  const places = kind === 'number' && scale !== undefined ? ` of ${scale} decimal places` : ''
  return `${KINDS[kind]}${places}${nullable ? ' or null' : ''}`
}

const KINDS = {
  ...{ string: 'a text', instant: 'a date-time', integer: 'an integer' },
  ...{ number: 'a number', boolean: 'a boolean', json: 'JSON' },
} as const

function valueInWords(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return { string: 'a text', number: 'a number', boolean: 'a boolean' }[typeof value as string] ?? 'an object'
}
