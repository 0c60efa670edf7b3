import { TributaryError } from '../../core/errors.ts'
import { isObject } from '../../core/json/is-object.ts'
import { parseJson } from '../../core/json/json.ts'

const exact = new TextDecoder('utf-8', { fatal: true })
const lossy = new TextDecoder('utf-8')

/**
 * The event that a line holds, as parsed JSON. A line that is no JSON becomes its text, which ingest rejects
 * and keeps. A byte order mark is left out.
 */
export function eventOfLine(line: Uint8Array): unknown {
  try {
    return parseJson(exact.decode(line))
  } catch {
    return lossy.decode(line)
  }
}

/** The beginning of a file must have a line with a JSON object, or the file is of another kind. */
export function foreign(lines: readonly Uint8Array[]): TributaryError | undefined {
  if (lines.length === 0 || lines.some(line => isObject(eventOfLine(line)))) return undefined
  return new TributaryError(
    'corrupt_data',
    `none of the first ${lines.length} lines is a JSON object; a file holds one CloudEvents event a line, as JSON`,
  )
}
