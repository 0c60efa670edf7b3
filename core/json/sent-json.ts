import { type CanonicalSpan, canonicalSpans, SCAN_MARGIN } from './canonical-scan.ts'
import { parseJson } from './json.ts'
import { QUOTE } from './json-bytes.ts'
import type { Slice } from './scalar-reader.ts'
import { createTemplates } from './templates.ts'

/** Parsed JSON, and those parts of its text that are what `JSON.stringify` would write. */
export type SentJson = {
  readonly value: unknown
  /**
   * Texts of the objects in the array that the value is, by place, or of the value itself. Undefined: write
   * it to know it. A text that is there equals `JSON.stringify` of its object, byte for byte.
   */
  readonly texts: Texts
}

export type Texts = readonly (string | undefined)[]

/**
 * Parses JSON as `parseJson` does, and keeps the texts that need not be written again.
 *
 * @throws SyntaxError where the text is not JSON
 * @example readSentJson('[{"a":1},{"a":1.0}]').texts // ['{"a":1}']
 */
export function readSentJson(text: string): SentJson {
  // Half a surrogate pair would not come back from its bytes.
  if (!text.isWellFormed()) return { value: parseJson(text), texts: [] }
  const bytes = bufferFor(text)
  const length = bytes.write(text)
  for (let i = 0; i < SCAN_MARGIN; i++) bytes[length + i] = QUOTE
  const slice = (from: number, to: number) =>
    length === text.length ? text.slice(from, to) : bytes.toString('utf8', from, to)
  const alike = templates.read(bytes, length, slice)
  if (alike !== undefined) return alike
  const spans = canonicalSpans(bytes, length)
  if (spans === undefined) return { value: parseJson(text), texts: [] }
  // The scan met no number that a double alters, which is all that parseJson does otherwise.
  const value: unknown = JSON.parse(text)
  const sent = { value, texts: textsOf(value, spans, slice) }
  templates.learn(sent)
  return sent
}

const templates = createTemplates()

function textsOf(value: unknown, spans: readonly CanonicalSpan[], slice: Slice): Texts {
  const texts: (string | undefined)[] = []
  for (const { index, from, to, keys } of spans) {
    const object = Array.isArray(value) ? value[index] : value
    // A key that is repeated is one key less in the object.
    if (keysOf(object) === keys) texts[index] = slice(from, to)
  }
  return texts
}

/** Keys at all levels. */
function keysOf(node: object): number {
  let keys = 0
  if (Array.isArray(node)) {
    for (const item of node) if (typeof item === 'object' && item !== null) keys += keysOf(item)
    return keys
  }
  for (const key in node) {
    keys++
    const value = (node as Record<string, unknown>)[key]
    if (typeof value === 'object' && value !== null) keys += keysOf(value)
  }
  return keys
}

const SCRATCH_BYTES = 1 << 20
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)

/**
 * Room for a text and what follows it, used again by the next call where it suffices. Each UTF-16 code unit
 * becomes three bytes or fewer: only long texts are measured.
 */
function bufferFor(text: string): Buffer {
  if (3 * text.length + SCAN_MARGIN <= SCRATCH_BYTES) return scratch
  const bytes = Buffer.byteLength(text) + SCAN_MARGIN
  return bytes <= SCRATCH_BYTES ? scratch : Buffer.allocUnsafeSlow(bytes)
}
