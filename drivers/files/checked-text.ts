import { crc32 } from 'node:zlib'
import { TributaryError } from '../../core/errors.ts'

/** What an operator does about damage; every message that names some ends with it. */
export const DOCTOR =
  'stop the platform and run "npx tributary doctor", which says what is damaged and repairs it'

/** The failure that says which file is damaged, how, and what to do. */
export function damaged(path: string, problem: string, cause?: unknown): TributaryError {
  return new TributaryError('corrupt_data', `${path} is damaged: ${problem}; ${DOCTOR}`, { cause })
}

const CHECK = /\ncrc32 ([0-9a-f]{8})\n?$/

/** A text of one line with its checksum in a second line. */
export function withCheck(line: string): string {
  return `${line}\n${checkLine(line)}\n`
}

/**
 * The text that `withCheck` was given. A text without the second line was written by an earlier version, and
 * is taken as it is.
 * @throws `corrupt_data` naming the file
 */
export function checkedText(path: string, stored: string): string {
  const found = CHECK.exec(stored)
  const line = found === null ? stored.trimEnd() : stored.slice(0, found.index)
  if (found !== null && checkLine(line) !== `crc32 ${found[1]}`)
    throw damaged(path, 'its content does not match its checksum')
  if (line.includes('\n') || line === '') throw damaged(path, 'it is not one line with its checksum')
  return line
}

/**
 * The JSON value that was stored with `withCheck`.
 * @throws `corrupt_data` naming the file
 */
export function checkedJson(path: string, stored: string): unknown {
  const line = checkedText(path, stored)
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw damaged(path, 'it is not JSON', cause)
  }
}

/** CRC-32 as eight hexadecimal digits; `seed` goes on from an earlier one. */
export function crcText(content: string | Uint8Array, seed = 0): string {
  return crc32(content, seed).toString(16).padStart(8, '0')
}

function checkLine(line: string): string {
  return `crc32 ${crcText(line)}`
}
