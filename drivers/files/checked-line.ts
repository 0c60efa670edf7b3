import { crcText } from './checked-text.ts'

const CHECK = /,"crc32":"([0-9a-f]{8})"\}$/

/** The text of a JSON object, not empty, with its checksum as its last member. */
export function checkedLine(json: string): string {
  return `${json.slice(0, -1)},"crc32":"${crcText(json)}"}`
}

/**
 * The text that `checkedLine` was given; undefined where it is damaged. A line without a checksum was written
 * by an earlier version.
 */
export function readCheckedLine(line: string): string | undefined {
  const found = CHECK.exec(line)
  if (found === null) return isJson(line) ? line : undefined
  const json = `${line.slice(0, found.index)}}`
  return crcText(json) === found[1] ? json : undefined
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
