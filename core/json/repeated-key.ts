/** A key that an object of a JSON text has twice, and the line of its second place, from 1. */
export type RepeatedKey = { readonly key: string; readonly line: number }

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g

/**
 * The first key that an object has twice: whoever parses the text keeps the last of them and says nothing.
 *
 * @param text a JSON text that JSON.parse takes
 *
 * @example repeatedKey('{"a":1,"a":2}') // { key: 'a', line: 1 }
 */
export function repeatedKey(text: string): RepeatedKey | undefined {
  // Keys of the objects around a place, outermost first; undefined for a list.
  const around: (Set<string> | undefined)[] = []
  let last = { token: '', at: 0 }
  for (const { 0: token, index: at } of text.matchAll(TOKENS)) {
    if (token === '{') around.push(new Set())
    else if (token === '[') around.push(undefined)
    else if (token === '}' || token === ']') around.pop()
    else if (token === ':') {
      const key = JSON.parse(last.token) as string
      const keys = around.at(-1)!
      if (keys.has(key)) return { key, line: text.slice(0, last.at).split('\n').length }
      keys.add(key)
    }
    last = { token, at }
  }
  return undefined
}
