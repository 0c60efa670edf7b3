import { CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET } from './json-bytes.ts'
import type { Slice } from './scalar-reader.ts'
import type { SentJson } from './sent-json.ts'
import { readByTemplate, type Template, templateOf } from './template.ts'

/**
 * Reads JSON by what was read before: most senders write all their events alike, and such events are read in
 * half the time, with their texts known to be canonical. What it remembers changes how fast it is and nothing
 * else.
 */
export type Templates = {
  /**
   * An object, or a list of objects, that are like some before: what `readSentJson` answers. Undefined where
   * one is not.
   */
  read(bytes: Uint8Array, length: number, slice: Slice): SentJson | undefined
  /** Remembers the object that the last `read` knew nothing like. */
  learn(sent: SentJson): void
}

/** Each that an object is not like costs up to half of what reading it costs. */
const MOST = 4
/** What is remembered of a sample has a bound, characters and scalars. */
const MAX_TEXT = 16_384
/** Bodies that are read in the usual way, at most, before another try where tries have failed. */
const MOST_PASSED = 63

export function createTemplates(): Templates {
  const templates: Template[] = []
  /** The template of the object before, which most are like. */
  let last = 0
  let oldest = 0
  /** Place of the object that nothing known is like; −1 where there is none. */
  let missed = -1
  let pause = 0
  let passed = 0

  function readObject(bytes: Uint8Array, from: number, slice: Slice): number {
    for (let tried = 0; tried < templates.length; tried++) {
      const end = readByTemplate(templates[last]!, bytes, from, slice)
      if (end >= 0) return end
      last = (last + 1) % templates.length
    }
    return -1
  }

  function readAll(bytes: Uint8Array, length: number, slice: Slice): SentJson | undefined {
    const value: unknown[] = []
    const texts: string[] = []
    const isOne = bytes[0] === OPEN_BRACE
    if (!isOne && bytes[0] !== OPEN_BRACKET) return undefined
    for (let at = isOne ? 0 : 1; ; at++) {
      const end = readObject(bytes, at, slice)
      if (end < 0 || end > length) {
        missed = value.length
        return undefined
      }
      value.push(templates[last]!.made[0])
      texts.push(slice(at, end))
      at = end
      if (isOne) return end === length ? { value: value[0], texts } : undefined
      if (bytes[end] === CLOSE_BRACKET) return end + 1 === length ? { value, texts } : undefined
      if (bytes[end] !== COMMA) return undefined
    }
  }

  return {
    read(bytes, length, slice) {
      if (passed < pause) {
        passed++
        return undefined
      }
      passed = 0
      missed = -1
      const read = readAll(bytes, length, slice)
      pause = read === undefined ? Math.min(2 * pause + 1, MOST_PASSED) : 0
      return read
    },
    learn({ value, texts }) {
      if (passed > 0) return
      const sample: unknown = Array.isArray(value) ? value[missed] : value
      if ((texts[missed]?.length ?? MAX_TEXT) >= MAX_TEXT) return
      templates[oldest] = templateOf(sample as object)
      last = oldest
      oldest = (oldest + 1) % MOST
    },
  }
}
