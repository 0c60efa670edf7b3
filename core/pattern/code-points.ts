/** A set of code points: pairs of first and last, ascending and apart. */
export type CodePoints = readonly (readonly [number, number])[]

export const LAST_CODE_POINT = 0x10_ffff

/** Joins ranges in any order. */
export function union(ranges: CodePoints): CodePoints {
  const joined: [number, number][] = []
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const before = joined.at(-1)
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last)
    else joined.push([first, last])
  }
  return joined
}

/** All other code points. */
export function complement(set: CodePoints): CodePoints {
  const gaps: [number, number][] = []
  let next = 0
  for (const [first, last] of set) {
    if (first > next) gaps.push([next, first - 1])
    next = last + 1
  }
  if (next <= LAST_CODE_POINT) gaps.push([next, LAST_CODE_POINT])
  return gaps
}

const DIGITS: CodePoints = [[0x30, 0x39]]
const WORD = union([...DIGITS, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]])
/** As ECMAScript has it: WhiteSpace and LineTerminator. */
const SPACE = union([
  ...([
    [0x09, 0x0d],
    [0x20, 0x20],
    [0xa0, 0xa0],
    [0x1680, 0x1680],
    [0x2000, 0x200a],
  ] as const),
  ...([
    [0x2028, 0x2029],
    [0x202f, 0x202f],
    [0x205f, 0x205f],
    [0x3000, 0x3000],
    [0xfeff, 0xfeff],
  ] as const),
])

/** What `\d`, `\W` and their like stand for. */
export const SHORTHANDS: Readonly<Record<string, CodePoints>> = {
  ...{ d: DIGITS, D: complement(DIGITS), w: WORD, W: complement(WORD) },
  ...{ s: SPACE, S: complement(SPACE) },
}

/** `.`: all but the ends of lines. */
export const DOT = complement([
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
])

const properties = new Map<string, CodePoints>()
const CHUNK = 0x800

/** Code points with a property of Unicode, such as `\p{L}`, as this JavaScript engine knows them. */
export function withProperty(property: string): CodePoints {
  const known = properties.get(property)
  if (known !== undefined) return known
  const runs = new RegExp(`${property}+`, 'gu')
  const found: [number, number][] = []
  for (let start = 0; start <= LAST_CODE_POINT; start += CHUNK) {
    // Halves of characters would join into whole ones; they are one category.
    const isHalves = start >= 0xd800 && start <= 0xdfff
    if (isHalves && new RegExp(property, 'u').test('\ud800')) found.push([start, start + CHUNK - 1])
    if (!isHalves) found.push(...runsIn(start, runs))
  }
  const set = union(found)
  properties.set(property, set)
  return set
}

function runsIn(start: number, runs: RegExp): [number, number][] {
  const text = String.fromCodePoint(...Array.from({ length: CHUNK }, (_, i) => start + i))
  const units = start > 0xffff ? 2 : 1
  return [...text.matchAll(runs)].map(({ index, 0: run }) => [
    start + index / units,
    start + (index + run.length) / units - 1,
  ])
}
