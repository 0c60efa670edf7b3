/** What stands for a number, by its source text, the double it is parsed to, and its key or index. */
export type ReadNumber = (source: string, value: number, key: string) => unknown

/**
 * Parses JSON as JSON.parse does, and puts in place of each number what `read` makes of its source text.
 *
 * A reviver is handed that text too (tc39/proposal-json-parse-with-source), but V8 at times hands none: of
 * 200,000 random texts three had such a number, each another time than the last, in Node.js 24. So the text
 * is parsed a second time with its numbers in quotes, and both values are walked side by side.
 *
 * @throws SyntaxError where the text is not JSON
 */
export function parseNumbers(text: string, read: ReadNumber): unknown {
  const holder = { '': JSON.parse(text) as unknown }
  const sources = { '': JSON.parse(withQuotedNumbers(text)) as unknown }
  // A list instead of recursion: JSON.parse itself takes any depth.
  const open: [Node, Node][] = [[holder, sources]]
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [node, source] = pair
    for (const key of Object.keys(node)) {
      const value = node[key]
      if (typeof value === 'number') put(node, key, read(String(source[key]), value, key))
      else if (typeof value === 'object' && value !== null) open.push([value as Node, source[key] as Node])
    }
  }
  return holder['']
}

/** An object or an array. */
type Node = Record<string, unknown>

/** Assigned, a key of "__proto__" would be no key, but another prototype. */
function put(node: Node, key: string, value: unknown): void {
  Object.defineProperty(node, key, { value, writable: true, enumerable: true, configurable: true })
}

/** @param text JSON */
function withQuotedNumbers(text: string): string {
  let quoted = ''
  let done = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) at = stringEnd(text, at)
    else if (char === MINUS || isDigit(char)) {
      const end = numberEnd(text, at)
      quoted += `${text.slice(done, at)}"${text.slice(at, end)}"`
      done = end
      at = end - 1
    }
  }
  return quoted + text.slice(done)
}

function stringEnd(text: string, from: number): number {
  let at = from + 1
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}

function numberEnd(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && isOfNumber(text.charCodeAt(at))) at++
  return at
}

/** Digits, `+`, `-`, `.`, `e` and `E`: in JSON none of them follows a number. */
function isOfNumber(char: number): boolean {
  return isDigit(char) || char === MINUS || char === 0x2b || char === 0x2e || (char | 0x20) === 0x65
}

function isDigit(char: number): boolean {
  return char >= 0x30 && char <= 0x39
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const MINUS = 0x2d
