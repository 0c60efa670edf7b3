import { type CodePoints, complement, DOT, SHORTHANDS, union, withProperty } from './code-points.ts'

/** A pattern as a tree. */
export type Pattern =
  | { readonly kind: 'one'; readonly of: CodePoints }
  | { readonly kind: 'all'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'any'; readonly options: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly least: number; readonly most: number }
  | { readonly kind: 'start' | 'end' }

/** Thrown for what no automaton can do: said after the pattern, and what to do instead. */
export class NotRegular extends Error {
  readonly remedy: string
  constructor(problem: string, remedy: string) {
    super(problem)
    this.remedy = remedy
  }
}

/**
 * Reads a regular expression of ECMAScript (flag u), whose form its own engine has checked.
 *
 * @throws NotRegular for assertions about what surrounds a place, and references to what was matched
 */
export function parsePattern(source: string): Pattern {
  const points = Array.from(source)
  let at = 0

  function choice(): Pattern {
    const options = [sequence()]
    while (points[at] === '|') {
      at++
      options.push(sequence())
    }
    return options.length === 1 ? options[0]! : { kind: 'any', options }
  }

  function sequence(): Pattern {
    const parts: Pattern[] = []
    while (at < points.length && points[at] !== '|' && points[at] !== ')') parts.push(repeated(term()))
    return { kind: 'all', parts }
  }

  function term(): Pattern {
    const point = points[at++]!
    if (point === '^') return { kind: 'start' }
    if (point === '$') return { kind: 'end' }
    if (point === '(') return group()
    if (point === '[') return { kind: 'one', of: characterClass() }
    if (point === '.') return { kind: 'one', of: DOT }
    if (point === '\\') return { kind: 'one', of: escaped(false) }
    return { kind: 'one', of: single(point) }
  }

  function group(): Pattern {
    if (points[at] === '?') skipGroupHead()
    const inner = choice()
    at++
    return inner
  }

  function skipGroupHead(): void {
    const head = points.slice(at, at + 3).join('')
    if (/^\?(=|!|<=|<!)/.test(head))
      throw new NotRegular('looks ahead or behind', 'declare two fields, or use enum')
    const isNamed = head.startsWith('?<')
    if (!isNamed && !head.startsWith('?:'))
      throw new NotRegular('changes flags inside', 'write both cases: [aA]')
    at = isNamed ? points.indexOf('>', at) + 1 : at + 2
  }

  function repeated(part: Pattern): Pattern {
    const counts = countsAt()
    if (counts === undefined) return part
    if (points[at] === '?') at++
    return { kind: 'repeat', part, least: counts[0], most: counts[1] }
  }

  function countsAt(): readonly [number, number] | undefined {
    const simple = SIMPLE[points[at] ?? '']
    if (simple !== undefined) at++
    if (simple !== undefined || points[at] !== '{') return simple
    const end = points.indexOf('}', at)
    const [least, most] = points
      .slice(at + 1, end)
      .join('')
      .split(',')
    at = end + 1
    return [Number(least), most === undefined ? Number(least) : most === '' ? Infinity : Number(most)]
  }

  function characterClass(): CodePoints {
    const isNegated = points[at] === '^'
    if (isNegated) at++
    const ranges: (readonly [number, number])[] = []
    while (points[at] !== ']') {
      const from = member()
      const isRange =
        points[at] === '-' && points[at + 1] !== ']' && from.length === 1 && from[0]![0] === from[0]![1]
      if (isRange) at++
      const to = isRange ? member() : from
      ranges.push(...(isRange ? [[from[0]![0], to[0]![1]] as const] : from))
    }
    at++
    return isNegated ? complement(union(ranges)) : union(ranges)
  }

  function member(): CodePoints {
    const point = points[at++]!
    return point === '\\' ? escaped(true) : single(point)
  }

  function escaped(inClass: boolean): CodePoints {
    const letter = points[at++]!
    if (Object.hasOwn(SHORTHANDS, letter)) return SHORTHANDS[letter]!
    if (letter === 'p' || letter === 'P') return withProperty(`\\${letter}${through('}')}`)
    if (inClass && letter === 'b') return [[8, 8]]
    if (!inClass && (letter === 'b' || letter === 'B'))
      throw new NotRegular('asks for the edge of a word', 'say which characters may stand there')
    if (!inClass && (letter === 'k' || /[1-9]/.test(letter)))
      throw new NotRegular('refers to what was matched before', 'write it out')
    return one(codePointOf(letter))
  }

  function codePointOf(letter: string): number {
    if (Object.hasOwn(CONTROLS, letter)) return CONTROLS[letter]!
    if (letter === 'c') return points[at++]!.codePointAt(0)! % 32
    if (letter === 'x') return hex(2)
    if (letter !== 'u') return letter.codePointAt(0)!
    if (points[at] === '{') return Number.parseInt(through('}').slice(1, -1), 16)
    const unit = hex(4)
    const low = /^\\u([dD][c-fC-F][0-9a-fA-F]{2})$/.exec(points.slice(at, at + 6).join(''))
    if (unit < 0xd800 || unit > 0xdbff || low === null) return unit
    at += 6
    return 0x1_0000 + ((unit - 0xd800) << 10) + (Number.parseInt(low[1]!, 16) - 0xdc00)
  }

  function hex(digits: number): number {
    at += digits
    return Number.parseInt(points.slice(at - digits, at).join(''), 16)
  }

  function through(end: string): string {
    const from = at
    at = points.indexOf(end, at) + 1
    return points.slice(from, at).join('')
  }

  return choice()
}

const SIMPLE: Readonly<Record<string, readonly [number, number]>> = {
  '*': [0, Infinity],
  '+': [1, Infinity],
  '?': [0, 1],
}

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 }

const one = (point: number): CodePoints => [[point, point]]
const single = (character: string): CodePoints => one(character.codePointAt(0)!)
