import { parseInstant } from './time.ts'

/**
 * An instant as people write the end of a range, as ms since 1970: a date (its midnight, UTC), or an instant
 * with or without seconds. Undefined where the text is none.
 *
 * @example givenInstant('2026-01-31T12:00Z') === givenInstant('2026-01-31T12:00:00Z')
 */
export function givenInstant(text: string): number | undefined {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return parseInstant(`${text}T00:00:00Z`)
  const parts = /^(.{10}[Tt]\d\d:\d\d)([Zz]|[+-]\d\d:\d\d)$/.exec(text)
  return parseInstant(parts === null ? text : `${parts[1]}:00${parts[2]}`)
}
