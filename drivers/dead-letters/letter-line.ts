import { TributaryError } from '../../core/errors.ts'
import type { DeadLetter } from '../../core/ports/dead-letters.ts'

/** A dead letter as a line of NDJSON. */
export function letterLine(letter: DeadLetter): string {
  return `${JSON.stringify(letter)}\n`
}

/**
 * Reads a line that `letterLine` wrote.
 * @throws `corrupt_data` naming the file when it is none.
 */
export function readLetter(line: string, path: string): DeadLetter {
  try {
    return JSON.parse(line) as DeadLetter
  } catch (cause) {
    throw new TributaryError('corrupt_data', `${path} holds a line that is no dead letter`, { cause })
  }
}
