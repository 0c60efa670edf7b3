import { createHash } from 'node:crypto'

/** Longest part of a path, bytes: file systems take 255, and `~2`, `.reason` and more may be added. */
const MAX_PART = 220
/** Longest name, bytes: a key in S3 has at most 1,024. */
const MAX_NAME = 900
/** An ending worth keeping when a name is cut, as in `.ndjson.gz`. */
const ENDING = /(?:\.[\w-]{1,12}){1,2}$/

/**
 * The name under which a file of the inbox is kept when it has left it: its own, with parts cut that no file
 * system would take with something added. What is cut has a hash of the whole in its place, so that two names
 * stay two.
 *
 * @example asideName('shop/orders.ndjson') // 'shop/orders.ndjson'
 */
export function asideName(name: string): string {
  const parts = name.split('/').map(part => cut(part, part))
  const whole = parts.join('/')
  return Buffer.byteLength(whole) > MAX_NAME ? cut(parts.at(-1)!, name, 0) : whole
}

function cut(part: string, hashed: string, limit = MAX_PART): string {
  if (Buffer.byteLength(part) <= limit) return part
  const ending = ENDING.exec(part)?.[0] ?? ''
  const hash = createHash('sha256').update(hashed).digest('hex').slice(0, 12)
  const beginning = Buffer.from(part)
    .subarray(0, MAX_PART - 60)
    .toString()
    .replace(/\ufffd+$/, '')
  return `${beginning.slice(0, Math.max(0, part.length - ending.length))}~${hash}${ending}`
}

/**
 * The nth name for what is called `name`, before its endings: a file never replaces another that has left the
 * inbox.
 *
 * @example numbered('shop/export.csv', 2) // 'shop/export~2.csv'
 */
export function numbered(name: string, n: number): string {
  if (n === 1) return name
  const at = name.lastIndexOf('/') + 1
  const part = name.slice(at)
  const ending = part.slice(1).match(ENDING)?.[0] ?? ''
  return `${name.slice(0, at)}${part.slice(0, part.length - ending.length)}~${n}${ending}`
}
