import { gunzipSync, gzipSync } from 'node:zlib'
import { MAX_RECORD } from './put.ts'

/**
 * A packed line: `{"gzip":"<base64>"}`, whose bytes are gzip of lines. It is a line of JSON itself, so that
 * objects hold packed and plain ones side by side, whatever Firehose compresses of its own, and functions of
 * two versions write into one.
 */
const BEFORE = '{"gzip":"'
const AFTER = '"}'

/** Lines in a packed one, where that is shorter. Fast rather than small: a flood is what it is for. */
export function packLines(lines: Buffer): Buffer {
  if (lines.length < WORTHWHILE) return lines
  const packed = Buffer.from(`${BEFORE}${gzipSync(lines, { level: 1 }).toString('base64')}${AFTER}\n`)
  return packed.length < lines.length ? packed : lines
}

/** Firehose bills 5 KB a record at least. */
const WORTHWHILE = 4096

/** The lines that a line of an object stands for. @throws Error of zlib for a damaged one */
export function unpackLine(line: string): readonly string[] {
  if (!line.startsWith(BEFORE)) return [line]
  const packed = Buffer.from(line.slice(BEFORE.length, -AFTER.length), 'base64')
  return gunzipSync(packed, { maxOutputLength: MAX_RECORD }).toString().trimEnd().split('\n')
}
