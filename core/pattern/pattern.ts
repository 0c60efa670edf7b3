import { ALWAYS, type Automaton, automatonOf, NEVER } from './automaton.ts'
import { NotRegular, parsePattern } from './parse-pattern.ts'
import { programOf } from './program.ts'

/** A regular expression that is tested in time proportional to its text, whatever the text. */
export type LinearPattern = { test(text: string): boolean; toString(): string }

/** Characters below are looked up; others are searched. */
const TABLE = 256

const made = new Map<string, LinearPattern>()

/**
 * Compiles a regular expression of ECMAScript (flag u) to an automaton. It says what `new RegExp(source,
 * 'u')` says, one step a character.
 *
 * @throws SyntaxError where it is no regular expression
 * @throws NotRegular for what no automaton of moderate size can do
 */
export function compilePattern(source: string): LinearPattern {
  const known = made.get(source)
  if (known !== undefined) return known
  new RegExp(source, 'u')
  const automaton = automatonOf(programOf(parsePattern(source)))
  const pattern = { test: testerOf(automaton), toString: () => `/${source}/u` }
  made.set(source, pattern)
  return pattern
}

/** Why a pattern cannot be used, said after it, and what to do; undefined where it can. */
export function patternProblem(pattern: unknown): { problem: string; remedy: string } | undefined {
  if (typeof pattern !== 'string') return { problem: 'is no text', remedy: 'write it as text' }
  try {
    compilePattern(pattern)
    return undefined
  } catch (error) {
    if (error instanceof NotRegular) return { problem: error.message, remedy: error.remedy }
    if (!(error instanceof SyntaxError)) throw error
    return { problem: `is none: ${error.message}`, remedy: 'write one of JavaScript (flag u)' }
  }
}

function testerOf({ bounds, classes, width, first, next, fits }: Automaton): (text: string) => boolean {
  const classOf = (point: number) => classes[placeOf(bounds, point)]!
  const table = Uint16Array.from({ length: TABLE }, (_, point) => classOf(point))
  if (first === ALWAYS) return () => true
  return text => {
    let state = first
    for (let i = 0; i < text.length; i++) {
      let point = text.charCodeAt(i)
      if (point >= 0xd800 && point <= 0xdbff) {
        point = text.codePointAt(i)!
        if (point > 0xffff) i++
      }
      state = next[state * width + (point < TABLE ? table[point]! : classOf(point))]!
      if (state <= ALWAYS) return state !== NEVER
    }
    return fits[state] === 1
  }
}

/** Place of the last bound that is not above a code point. */
function placeOf(bounds: Uint32Array, point: number): number {
  let [low, high] = [0, bounds.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (bounds[middle]! <= point) low = middle
    else high = middle - 1
  }
  return low
}
