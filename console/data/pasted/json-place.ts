/** Where a value stands in a text: offsets, the second exclusive. */
export type Span = { readonly from: number; readonly to: number }

const SPACE = /[\s\ufeff]*/y

/**
 * Finds the value that a JSON pointer (RFC 6901) names in a text of JSON; of a key that is there twice the
 * last, as parsers take it. Undefined where there is none, or the text is no JSON as far as that.
 */
export function spanAt(text: string, pointer: string): Span | undefined {
  const keys = pointer
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  let at = past(text, 0)
  for (const key of keys) {
    const inside = childOf(text, at, key)
    if (inside === undefined) return undefined
    at = inside
  }
  const to = endOf(text, at)
  return to === undefined ? undefined : { from: at, to }
}

/** The first place after white space. */
function past(text: string, at: number): number {
  SPACE.lastIndex = at
  return at + (SPACE.exec(text)?.[0].length ?? 0)
}

function childOf(text: string, at: number, key: string): number | undefined {
  let found: number | undefined
  walk(text, at, (name, from) => {
    if (name === key) found = from
  })
  return found
}

/** Tells every member of an object or a list with where its value begins; answers where it ends. */
function walk(text: string, at: number, tell: (name: string, from: number) => void): number | undefined {
  const isList = text[at] === '['
  if (!isList && text[at] !== '{') return undefined
  let next = past(text, at + 1)
  if (text[next] === (isList ? ']' : '}')) return next + 1
  for (let index = 0; ; index++) {
    let name = String(index)
    if (!isList) {
      const end = endOfText(text, next)
      if (end === undefined) return undefined
      name = nameIn(text.slice(next, end))
      next = past(text, end)
      if (text[next] !== ':') return undefined
      next = past(text, next + 1)
    }
    tell(name, next)
    const end = endOf(text, next)
    if (end === undefined) return undefined
    next = past(text, end)
    if (text[next] === (isList ? ']' : '}')) return next + 1
    if (text[next] !== ',') return undefined
    next = past(text, next + 1)
  }
}

function nameIn(quoted: string): string {
  try {
    return JSON.parse(quoted) as string
  } catch {
    return quoted
  }
}

/** Where the value that begins here ends. */
function endOf(text: string, at: number): number | undefined {
  const first = text[at]
  if (first === '{' || first === '[') return walk(text, at, () => undefined)
  if (first === '"') return endOfText(text, at)
  const word = /[^\s,\]}]+/y
  word.lastIndex = at
  const found = word.exec(text)
  return found === null ? undefined : at + found[0].length
}

function endOfText(text: string, at: number): number | undefined {
  if (text[at] !== '"') return undefined
  const quoted = /"(?:[^"\\]|\\.)*"/y
  quoted.lastIndex = at
  const found = quoted.exec(text)
  return found === null ? undefined : at + found[0].length
}
