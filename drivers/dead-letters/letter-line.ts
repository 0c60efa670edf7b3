import { TributaryError } from '../../core/errors.ts'
import type { DeadLetter } from '../../core/ports/dead-letters.ts'
import { checkedLine, readCheckedLine } from '../files/checked-line.ts'

/** A dead letter as a line of NDJSON, with its checksum. */
export function letterLine(letter: DeadLetter): string {
  return `${checkedLine(JSON.stringify(letter))}\n`
}

/**
 * Reads a line that `letterLine` wrote.
 * @throws `corrupt_data` naming the file when it is none.
 */
export function readLetter(line: string, path: string): DeadLetter {
  const json = readCheckedLine(line)
  if (json !== undefined) return JSON.parse(json) as DeadLetter
  const remedy = 'on one machine "npx tributary doctor" sets it aside'
  throw new TributaryError(
    'corrupt_data',
    `${path} holds a line that is no dead letter, or damaged; ${remedy}`,
  )
}
