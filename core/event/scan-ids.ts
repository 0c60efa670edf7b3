import { TributaryError } from '../errors.ts'

/**
 * Finds the ids of events in JSON text without parsing it: strings are passed over at one go, and all else a
 * character at a time, whatever it is. Text that is no JSON is not always noticed; reading it notices.
 */

/** The id of the event that a text is; null where it has none, or none that is a text. */
export function scanId(text: string): string | null {
  return valueAt(text, afterBlanks(text, 0)).id
}

/**
 * The ids of the events in the text of an array, by place.
 *
 * @throws TributaryError `bad_request` where it is no whole array, `too_large` where more than `most` are in
 * it
 */
export function scanBatchIds(text: string, most: number): readonly (string | null)[] {
  const ids: (string | null)[] = []
  let at = afterBlanks(text, 0)
  if (text.charCodeAt(at) !== OPEN_ARRAY) throw notAnArray()
  at = afterBlanks(text, at + 1)
  if (text.charCodeAt(at) === CLOSE_ARRAY) return ids
  for (;;) {
    const { id, end } = valueAt(text, at)
    if (ids.push(id) > most) throw tooMany(most)
    at = afterBlanks(text, end)
    if (text.charCodeAt(at) === CLOSE_ARRAY) return ids
    if (text.charCodeAt(at) !== COMMA) throw notAnArray()
    at = afterBlanks(text, at + 1)
  }
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** The end of the value that begins at a place, and its id where it is an object that has one. */
function valueAt(text: string, start: number): { readonly id: string | null; readonly end: number } {
  const isObject = text.charCodeAt(start) === OPEN_OBJECT
  let id: string | null = null
  // Where it stands within the value itself, in and out of values of its keys.
  let depth = 0
  let isIdNext = false
  let lastString = ''
  let at = start
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = stringEnd(text, at)
      if (isObject && depth === 1) {
        lastString = text.slice(at, end)
        if (isIdNext) id = textOf(lastString)
      }
      if (depth === 0) return { id: null, end }
      at = end
      continue
    }
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth++
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      if (depth === 0) return { id, end: at }
      if (--depth === 0) return { id, end: at + 1 }
    } else if (code === COMMA) {
      if (depth === 0) return { id, end: at }
      if (depth === 1) isIdNext = false
    } else if (code === COLON && depth === 1) {
      isIdNext = isId(lastString)
      // Of a name that is there twice, the last one counts.
      if (isIdNext) id = null
    }
    at++
  }
  return { id, end: text.length }
}

/** The place behind a string that begins at a quote. */
function stringEnd(text: string, start: number): number {
  for (let at = start; ; ) {
    at = text.indexOf('"', at + 1)
    if (at < 0) return text.length
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at + 1
  }
}

/** Each letter may be written as an escape of six characters. */
const LONGEST_NAME = 14

function isId(name: string): boolean {
  if (name === '"id"') return true
  return name.length <= LONGEST_NAME && name.includes('\\') && textOf(name) === 'id'
}

/** The text that a JSON string stands for; null where it is none. */
function textOf(json: string): string | null {
  try {
    return JSON.parse(json) as string
  } catch {
    return null
  }
}

function afterBlanks(text: string, start: number): number {
  let at = start
  while (at < text.length && ' \t\n\r'.includes(text[at]!)) at++
  return at
}

function notAnArray(): TributaryError {
  return new TributaryError('bad_request', 'a batch is a JSON array of events; the body is no whole array')
}

function tooMany(most: number): TributaryError {
  return new TributaryError('too_large', `a batch has at most ${most} events; send fewer in one request`)
}
