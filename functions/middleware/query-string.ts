import { givenInstant } from '../../core/data/given-instant.ts'
import { TributaryError } from '../../core/errors.ts'
import type { HttpEvent } from './http.ts'

/** The parameters of a request. Read from the raw text: API Gateway joins repeated ones with commas. */
export function queryOf(event: HttpEvent): URLSearchParams {
  return new URLSearchParams(event.rawQueryString)
}

/**
 * A check that refuses parameters which a route does not know. `where.*` stands for all names that begin with
 * `where.`.
 */
export function knownParameters(known: readonly string[]): (event: HttpEvent) => void {
  const names = new Set(known)
  const prefixes = known.filter(name => name.endsWith('*')).map(name => name.slice(0, -1))
  const isKnown = (name: string) => names.has(name) || prefixes.some(prefix => name.startsWith(prefix))
  return event => {
    if (event.rawQueryString === '') return
    for (const name of queryOf(event).keys()) if (!isKnown(name)) throw unknownParameter(name, known)
  }
}

function unknownParameter(name: string, known: readonly string[]): TributaryError {
  const all = known.map(one => one.replace('*', '<field>')).join(', ')
  const remedy = all === '' ? 'leave it out' : `use ${all}`
  return new TributaryError('bad_request', `parameter "${name.slice(0, 100)}" is not known; ${remedy}`)
}

/** The one value of a parameter. */
export function single(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name)
  if (values.length > 1)
    throw new TributaryError('bad_request', `parameter "${name.slice(0, 100)}" is given twice; give it once`)
  return values[0]
}

/** A whole number from 1 to `most`. */
export function limitOf(query: URLSearchParams, usual: number, most: number): number {
  const text = single(query, 'limit')
  if (text === undefined) return usual
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= most) return value
  throw new TributaryError('bad_request', `parameter "limit" must be a whole number from 1 to ${most}`)
}

/** A whole number; undefined where it is not given. */
export function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = single(query, name)
  if (text === undefined || /^\d{1,15}$/.test(text)) return text === undefined ? undefined : Number(text)
  throw new TributaryError('bad_request', `parameter "${name}" must be a whole number`)
}

/** An instant or a date (midnight UTC) as ms since 1970. */
export function instantOf(text: string, name: string): number {
  // A + that was not escaped arrives as a space; in an instant it can only be the sign of the offset.
  const ms = givenInstant(text.replace(' ', '+'))
  if (ms !== undefined) return ms
  throw new TributaryError(
    'bad_request',
    `"${name}" must be a date or an instant such as 2026-01-31 or 2026-01-31T12:00:00Z`,
  )
}
