import type { Dialect, Sql } from '../sql/dialect.ts'
import type { CellType } from './cell-type.ts'
import { formatVector, parseVector, type Vector } from './vector.ts'

/**
 * What cells that hold a vector share. Packed, a vector is `<index> and gaps,<values>` in base-32 digits: a
 * histogram of 900 events takes 1.2 KB instead of 4.3, and 0.5 deflated.
 */
export const vectorCell = {
  empty: () => [],
  format: formatVector,
  parse: text => (text === null ? [] : parseVector(text)),
  pack: packVector,
  unpack: unpackVector,
  isDense: false,
} as const satisfies Partial<CellType<Vector>>

/** SQL of an entry's part of the canonical text. */
export function entryText(dialect: Dialect, index: Sql, value: Sql): Sql {
  return `${dialect.asText(index)} || ':' || ${dialect.asText(value)}`
}

/** Digits that end a number, and digits after which it goes on: least significant first, base 32. */
const LAST = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef'
const MORE = 'ghijklmnopqrstuvwxyz0123456789+/'
const DIGITS = new Map([...LAST, ...MORE].map((digit, value) => [digit.charCodeAt(0), value]))

/** Gaps apart from values: alike next to alike deflates best. */
function packVector(vector: Vector): string {
  if (vector.length === 0) return ''
  const first = vector[0]!
  let gaps = first < 0 ? `-${packNumber(-first)}` : packNumber(first)
  let values = packNumber(vector[1]!)
  for (let i = 2; i < vector.length; i += 2) {
    gaps += packNumber(vector[i]! - vector[i - 2]!)
    values += packNumber(vector[i + 1]!)
  }
  return `${gaps},${values}`
}

function unpackVector(text: string): Vector {
  if (text === '') return []
  const comma = text.indexOf(',')
  const isNegative = text[0] === '-'
  const gaps = unpackNumbers(text, isNegative ? 1 : 0, comma)
  if (isNegative) gaps[0] = -gaps[0]!
  const values = unpackNumbers(text, comma + 1, text.length)
  const vector: Vector = []
  let index = 0
  for (let i = 0; i < gaps.length; i++) {
    index += gaps[i]!
    vector.push(index, values[i]!)
  }
  return vector
}

function packNumber(value: number): string {
  let text = ''
  let rest = value
  for (; rest >= 32; rest = Math.floor(rest / 32)) text += MORE[rest % 32]
  return text + LAST[rest]
}

function unpackNumbers(text: string, from: number, to: number): number[] {
  const numbers: number[] = []
  let value = 0
  let weight = 1
  for (let i = from; i < to; i++) {
    const digit = DIGITS.get(text.charCodeAt(i))!
    value += (digit % 32) * weight
    weight *= 32
    if (digit >= 32) continue
    numbers.push(value)
    value = 0
    weight = 1
  }
  return numbers
}
