/**
 * The texts of the items of a JSON array, found by one look at each character; none where the text is no
 * array or an empty one. The text must be JSON.
 *
 * @example itemTexts('[1, [2, 3]]') // ['1', ' [2, 3]']
 */
export function itemTexts(text: string): readonly string[] {
  const items: string[] = []
  let [depth, from] = [0, 0]
  if (!/^\s*\[\s*[^\s\]]/.test(text)) return items
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) at = stringEnd(text, at)
    else if (char === OPEN_BRACKET || char === OPEN_BRACE) {
      if (++depth === 1) from = at + 1
    } else if (char === CLOSE_BRACKET || char === CLOSE_BRACE) {
      if (--depth === 0) items.push(text.slice(from, at))
    } else if (char === COMMA && depth === 1) {
      items.push(text.slice(from, at))
      from = at + 1
    }
  }
  return items
}

function stringEnd(text: string, from: number): number {
  let at = from + 1
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
