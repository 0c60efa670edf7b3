import { TributaryError } from '../errors.ts'

/**
 * Refuses a part of a schema. Whoever reads a file puts its name before the message.
 *
 * @param place the way from the declaration down, as keys: `data/properties/amount`
 */
export function refuse(place: string, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `${place} ${problem}; ${remedy}`)
}

/** A place inside another. */
export function inside(place: string, ...keys: readonly (string | number)[]): string {
  return [place, ...keys.map(key => (key === '' ? '""' : String(key)))].join('/')
}

/** What stands there, in a message: short. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
