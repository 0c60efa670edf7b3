import { afterLiteral, readScalar, type Scalars, type Slice } from './scalar-reader.ts'

/**
 * The text of a JSON object of which others differ in their scalars only: same keys in the same order, no
 * white space.
 */
export type Template = {
  /** The object itself first, each before what is in it. */
  readonly parts: readonly Part[]
  readonly slots: readonly Slot[]
  /** What is written after the last scalar. */
  readonly after: Uint8Array
  /** Objects and lists of the last one that was read. */
  readonly made: Scalars[]
}

/** An object or a list of the sample, and where it stands in the one around it. */
type Part = { readonly like: Scalars; readonly parent: number; readonly key: string }

/** A scalar: what is written between it and the one before, where it stands, and the sample's, if a text. */
type Slot = {
  readonly before: Uint8Array
  readonly part: number
  readonly key: string
  readonly sample: Uint8Array | undefined
}

/**
 * Makes the template of an object whose text is canonical.
 *
 * @example
 * const template = templateOf({ a: 1, b: { c: 'x' } })
 * readByTemplate(template, Buffer.from('{"a":2,"b":{"c":"y"}}"'), 0, slice) // 21
 * template.made[0] // { a: 2, b: { c: 'y' } }
 */
export function templateOf(sample: object): Template {
  const parts: Part[] = []
  const slots: Slot[] = []
  let literal = ''
  walk(sample as Scalars, 0, '')
  return { parts, slots, after: Buffer.from(literal), made: [] }

  function walk(like: Scalars, parent: number, key: string): void {
    const part = parts.push({ like, parent, key }) - 1
    const isList = Array.isArray(like)
    literal += isList ? '[' : '{'
    for (const [index, name] of Object.keys(like).entries()) {
      literal += index === 0 ? '' : ','
      if (!isList) literal += `${JSON.stringify(name)}:`
      place(like[name], part, name)
    }
    literal += isList ? ']' : '}'
  }

  function place(value: unknown, part: number, key: string): void {
    if (typeof value === 'object' && value !== null) return void walk(value as Scalars, part, key)
    const sample = typeof value === 'string' ? textBytes(value) : undefined
    slots.push({ before: Buffer.from(literal), part, key, sample })
    literal = ''
  }
}

/** A text that is written with escapes is never the same as its bytes. */
function textBytes(text: string): Uint8Array | undefined {
  return JSON.stringify(text) === `"${text}"` ? Buffer.from(text) : undefined
}

/**
 * Reads the object that begins at `from` into `made`, as JSON.parse would, and says where it ends; −1 where
 * it is not like the sample, or not written as JSON.stringify would write it. The bytes (UTF-8) have to go on
 * with a quote behind the text, which ends the reading of one that is cut off.
 */
export function readByTemplate(
  { parts, slots, after, made }: Template,
  bytes: Uint8Array,
  from: number,
  slice: Slice,
): number {
  for (let i = 0; i < parts.length; i++) {
    const { like, parent, key } = parts[i]!
    const copy = Array.isArray(like) ? like.slice() : { ...like }
    made[i] = copy as Scalars
    if (i > 0) made[parent]![key] = copy
  }
  let at = from
  for (let i = 0; i < slots.length; i++) {
    const { before, part, key, sample } = slots[i]!
    at = afterLiteral(bytes, at, before)
    if (at >= 0) at = readScalar(bytes, at, slice, made[part]!, key, sample)
    if (at < 0) return -1
  }
  return afterLiteral(bytes, at, after)
}
